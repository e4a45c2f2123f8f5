// SPDX-License-Identifier: GPL-2.0
/* The tracepoints of the hvpart trace system. */

#define CREATE_TRACE_POINTS
#include "trace.h"
