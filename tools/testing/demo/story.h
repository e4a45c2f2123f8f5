/* SPDX-License-Identifier: GPL-2.0 */
/* Telling: what the files of the story share. */
#ifndef _HVPART_STORY_H
#define _HVPART_STORY_H

#include "guest.h"
#include "hypercalls.h"

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void step(const char *text);
/* A call and its answer, which is to be @expected; is it? */
bool told(u16 code, const char *arguments, u64 result, u16 expected, const char *note);
/* A line of the story in which something is not as it should be */
void surprise(const char *format, ...) __attribute__((format(printf, 1, 2)));
void deposit(struct vcpu *vcpu, u64 id, unsigned int count);
/* Lines of a file in the guest's folder that begin with @pattern */
void show_lines(struct guest *guest, const char *file, const char *pattern);

/* A virtual processor of @id, which is active, and what it does */
void tell_of_a_virtual_processor(struct vcpu *vcpu, u64 id);

#endif
