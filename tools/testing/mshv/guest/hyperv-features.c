// SPDX-License-Identifier: GPL-2.0
/* Prints what CPUID 0x40000003 says in EBX: the privileges of this partition, bits 63:32. */
#include <cpuid.h>
#include <stdio.h>

#include <hvpart/abi.h>

int main(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(HVP_CPUID_FEATURES, eax, ebx, ecx, edx);
	printf("0x%x\n", ebx);
	return 0;
}
