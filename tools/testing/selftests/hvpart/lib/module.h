/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_MODULE_H
#define _HVPART_MODULE_H

/* HVPART_MODULE names another file than the one that tools/testing/vm/run puts there. */
void load_module(void);
/* Waits for those who have a file of the module's open. */
void unload_module(void);

#endif
