/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_CLOSING_H
#define _HVPART_KVM_CLOSING_H

struct file;
struct hvp_closing;
struct mm_struct;

struct hvp_closing *hvp_closing_prepare(struct mm_struct *mm);
void hvp_closing_forget(struct hvp_closing *closing);
void hvp_closing_begin(struct hvp_closing *closing, struct file *file);

#endif /* _HVPART_KVM_CLOSING_H */
