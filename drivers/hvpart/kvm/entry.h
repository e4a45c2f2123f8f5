/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ENTRY_H
#define _HVPART_KVM_ENTRY_H

int hvp_entry_install(void);
void hvp_entry_remove(void);

#endif /* _HVPART_KVM_ENTRY_H */
