/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPARTSTAT_JSON_H
#define _HVPARTSTAT_JSON_H

#include "sample.h"

/* One line, whose fields hvpartstat.1 describes. Reads the files of the partitions. */
void json_print(const struct sample *sample);

#endif
