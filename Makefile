# SPDX-License-Identifier: GPL-2.0
# What people type; "make help" tells. Kbuild and drivers/hvpart/Kbuild say
# what the module is made of.

# "make demo-qemu SHELL=1" is not about the shell that make and those below it use.
ifeq ($(origin SHELL),command line)
export HVPART_SHELL := $(SHELL)
override SHELL := /bin/sh
MAKEOVERRIDES := $(filter-out SHELL=%,$(MAKEOVERRIDES))
endif

KDIR	?= /lib/modules/$(shell uname -r)/build
# Kernels that the tests run on, by series, and the one that demo and vm boot.
KERNELS	?= 6.1 6.12
KERNEL	?= 6.1
# For what is random: how long, and from which seed.
SECONDS	?= 60
export HVPART_SEED := $(SEED)
OUT	?= $(CURDIR)/out
W	?=

# "make install": where to, below which root.
DESTDIR	?=
PREFIX	?= /usr/local
INSTALL_MOD_PATH ?= $(DESTDIR)
DEPMOD	?= depmod

VERSION	:= $(shell sed -n 's/^MODULE_VERSION("\(.*\)");$$/\1/p' drivers/hvpart/main.c)
VM	:= $(CURDIR)/tools/testing/vm
TESTS	:= $(CURDIR)/tools/testing

all: modules

help:
	@echo  'hvpart - Microsoft partition hypercalls for KVM guests'
	@echo  ''
	@echo  '  make demo      - see it work: boots a kernel in QEMU, loads the module and'
	@echo  '                   tells what a guest does with it'
	@echo  '  make check     - unit tests, selftests on the kernels KERNELS="$(KERNELS)",'
	@echo  '                   static checks, a short run of the fuzzer; what calls cost'
	@echo  '  make check-debug - unit tests and selftests on a kernel with KASAN, lockdep,'
	@echo  '                   kmemleak and fault injection, and what code they cover'
	@echo  '  make fuzz      - random calls: to the core alone, guided by coverage, and from'
	@echo  '                   guests on the debug kernel; SECONDS=$(SECONDS) each'
	@echo  '  make check-all - all of that, on a kernel with KCSAN and on 7.3 too, for longer;'
	@echo  '                   and installing it. Three hours where two CPUs emulate all'
	@echo  '  make demo-mshv - see a Linux 7.3 guest use it by /dev/mshv'
	@echo  '  make check-mshv - the tests with such guests, on KERNELS="$(KERNELS)"'
	@echo  '                   Both run a client of yours instead, with'
	@echo  '                   FILES="<path>[:<name>]..." RUN="<command>" QEMU_OPTIONS="..."'
	@echo  '  make demo-qemu - see Debian'"'"'s QEMU, with -accel mshv, boot Linux in such a guest;'
	@echo  '                   SHELL=1: a shell in that instead'
	@echo  '  make check-qemu - the tests of that, on KERNELS="$(KERNELS)"'
	@echo  '  make bench     - what calls cost, on KERNELS="$(KERNELS)", also when there are many'
	@echo  '                   partitions, pages and VMs: CSV and plots in OUT/bench'
	@echo  '  make kunit     - the unit tests alone, or SUITE=<name> of them'
	@echo  '  make lint      - what can be found without running anything'
	@echo  '  make vm        - a shell in a virtual machine with the module loaded'
	@echo  ''
	@echo  '  make modules   - build drivers/hvpart/hvpart.ko for the running kernel,'
	@echo  '                   or with KDIR=<headers or build tree> for another (default)'
	@echo  '  make hvpartstat - build the program that shows what the module does'
	@echo  '  make install   - put it among that kernel'"'"'s modules, as root; make uninstall'
	@echo  '  make dist      - write OUT/hvpart-$(VERSION).tar.xz from what is committed'
	@echo  '  make selftests - build the programs of tools/testing/selftests/hvpart'
	@echo  '  make statuses-doc - write Documentation/statuses.rst anew'
	@echo  '  make performance-doc - keep what "make bench" has measured on 6.1 in Documentation/'
	@echo  '  make clean     - remove what was built'
	@echo  ''
	@echo  'demo, check and vm install the Debian packages that they need, as root or'
	@echo  'through sudo, and keep kernels in $${HVPART_CACHE:-~/.cache/hvpart}.'
	@echo  ''
	@echo  'Variables: KDIR=<folder>  KERNEL=6.1|6.12|7.3 (demo*, vm)  KERNELS="..." (check)'
	@echo  '           TESTS_ONLY="<program>..." (check, check-debug)  SEED=<n>  OUT=<folder>  W=1'
	@echo  '           JOBS=<suites at a time> (check-*, fuzz; as many as CPUs)'
	@echo  '           RESUME=1 (check*, fuzz: go on with a run that was stopped)'
	@echo  '           DESTDIR=<root>  PREFIX=/usr/local  INSTALL_MOD_PATH=<root> (install)'

# What clang has built wants modules that clang has built; LLVM=-16 is for a version of it.
LLVM	?= $(if $(shell grep -s '^CONFIG_CC_IS_CLANG=y' $(KDIR)/include/config/auto.conf),1)
kbuild	= -C $(KDIR) M=$(CURDIR) CONFIG_HVPART=m $(if $(LLVM),LLVM=$(LLVM))

# Out of tree in place, as people build modules for their own machine.
modules: kdir
	$(MAKE) $(kbuild) $(if $(W),W=$(W)) modules

# Documentation/installing.rst tells what goes where. Not "make kernelrelease", as
# Debian's headers do not know it.
release	= $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
updates	= $(INSTALL_MOD_PATH)/lib/modules/$(release)/updates
doc	:= $(DESTDIR)$(PREFIX)/share/doc/hvpart

# Where modules are to be signed, but whoever has built the kernel has kept the key.
key	= $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="*\([^"]*\)"*/\1/p' $(KDIR)/include/config/auto.conf)
signing	= $(if $(filter pkcs11:%,$(key))$(wildcard $(key) $(KDIR)/$(key)),,CONFIG_MODULE_SIG_ALL=)

# Headers have no System.map, without which the kernel's Makefile does not call it.
depmod	= $(DEPMOD) $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(release)

install: modules hvpartstat
	$(MAKE) $(kbuild) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) \
		INSTALL_MOD_DIR=updates DEPMOD=true $(signing) modules_install
	$(depmod)
	install -d $(doc)/examples
	install -m 644 README $(doc)/
	install -m 644 Documentation/modprobe.d/hvpart.conf $(doc)/examples/
	$(MAKE) -C tools/hvpartstat OUTPUT=$(OUT)/hvpartstat DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) install

uninstall: kdir
	rm -f $(updates)/drivers/hvpart/hvpart.ko*
	rmdir -p --ignore-fail-on-non-empty $(updates)/drivers/hvpart || true
	$(depmod)
	rm -rf $(doc)
	rm -f $(DESTDIR)$(PREFIX)/bin/hvpartstat $(DESTDIR)$(PREFIX)/share/man/man1/hvpartstat.1

# The same bytes from the same commit: times are the commit's, owners and modes nobody's.
COMMIT	?= HEAD
archive	:= $(OUT)/hvpart-$(VERSION).tar
dist:
	@mkdir -p $(OUT)
	git -c tar.umask=0022 archive --prefix=hvpart-$(VERSION)/ -o $(archive) $(COMMIT)
	xz -6 -T1 -f $(archive)

kdir:
	@test -e $(KDIR)/Makefile || { \
		echo "There are no kernel headers at $(KDIR). On Debian, install the package linux-headers-$$(uname -r), or name other headers with KDIR=." >&2; \
		exit 1; }

demo:
	@$(TESTS)/demo/run $(KERNEL) $(OUT)

# What the user takes into the guest, see tools/testing/mshv/client. RUN is for the guest's
# shell, whose dollar signs are not make's.
demo-mshv check-mshv: export HVPART_FILES := $(FILES)
demo-mshv check-mshv: export HVPART_RUN := $(value RUN)
demo-mshv check-mshv: export HVPART_QEMU_OPTIONS := $(QEMU_OPTIONS)

demo-mshv:
	@$(TESTS)/mshv/demo $(KERNEL) $(OUT)

demo-qemu:
	@$(TESTS)/mshv/demo-qemu $(KERNEL) $(OUT)

# $(call on_kernels,KERNEL...) - TESTS_ONLY on these
on_kernels = $(addsuffix =$(call commas,$(TESTS_ONLY)),$(1))
commas	= $(subst $(space),$(comma),$(strip $(1)))
comma	:= ,
space	:= $() $()
CHECK	:= $(TESTS)/check --out $(OUT) $(if $(JOBS),--jobs $(JOBS)) $(if $(RESUME),--resume)

# What these stand for is in tools/testing/suites.
check:
	@$(CHECK) $(if $(TESTS_ONLY),$(call on_kernels,$(KERNELS)),make-check=$(call commas,$(KERNELS)))

fuzz:
	@$(CHECK) make-fuzz=$(SECONDS)

check-all:
	@$(CHECK) make-check-all

check-qemu:
	@$(CHECK) $(addprefix qemu=,$(KERNELS))

check-mshv:
	@$(CHECK) $(addprefix mshv=,$(KERNELS))

bench:
	@$(TESTS)/bench/all $(OUT) $(KERNELS)

check-debug:
	@$(CHECK) $(if $(TESTS_ONLY),$(call on_kernels,6.12-debug),make-check-debug)

lint:
	@$(TESTS)/lint/run $(OUT)

kunit:
	@$(TESTS)/build $(OUT) 6.12-debug && $(TESTS)/kunit/run $(OUT) $(SUITE)

vm:
	@$(TESTS)/shell $(KERNEL) $(OUT)

hvpartstat:
	@mkdir -p $(OUT)/hvpartstat
	$(MAKE) -C tools/hvpartstat OUTPUT=$(OUT)/hvpartstat

selftests:
	@$(TESTS)/build $(OUT) selftests

statuses-doc:
	$(TESTS)/completeness/document >Documentation/statuses.rst

performance-doc:
	cp $(addprefix $(OUT)/bench/6.1-,instructions.csv scale.csv calls.svg scale.svg) \
		Documentation/performance/

clean:
	rm -rf $(OUT)
	@find drivers \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name modules.order \) -delete
	rm -f Module.symvers modules.order .*.cmd .*.o

.PHONY: all help modules install uninstall dist kdir demo demo-mshv demo-qemu check \
	check-all check-debug check-mshv check-qemu fuzz bench lint kunit vm hvpartstat selftests \
	statuses-doc performance-doc clean
