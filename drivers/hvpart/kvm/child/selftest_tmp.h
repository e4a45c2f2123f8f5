/* SPDX-License-Identifier: GPL-2.0 */
void hvp_selftest_tmp_create(void);
void hvp_selftest_tmp_destroy(void);
