/* SPDX-License-Identifier: GPL-2.0 */
/* A page that comes when its VMM gives it: who needs it, KVM and hvpart as well, waits. */
#ifndef _HVPART_USERFAULT_H
#define _HVPART_USERFAULT_H

/* A page of anonymous memory or shmem that is not there; the descriptor is for the others. */
int userfault_watch(void *page);
/* Until somebody waits for it */
void userfault_wait(int fd);
/* With these contents, a page of them, or zeroes if NULL */
void userfault_give(int fd, void *page, const void *contents);

#endif /* _HVPART_USERFAULT_H */
