// The default seccomp profile, as data: what Docker's default allows, by topic. What is in no list is refused with EPERM.
// Names that an architecture or a libseccomp does not know are passed over by the core.

export interface ConditionalCalls {
  /** Allowed when the container has this capability. */
  readonly capability: string;
  readonly names: readonly string[];
}

/** Allowed whatever the arguments, and whoever asks. */
export const ALLOWED_CALLS: Readonly<Record<string, readonly string[]>> = {
  files: names(`
    access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs
    fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 lchown lchown32 link linkat _llseek lseek lstat lstat64
    mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 readahead readlink readlinkat rename renameat renameat2
    rmdir stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs truncate truncate64 umask unlink unlinkat utime
    utimensat utimensat_time64 utimes cachestat listmount statmount`),
  extendedAttributes: names(`
    fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr lsetxattr
    removexattr removexattrat setxattr setxattrat`),
  inputAndOutput: names(`
    io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl pipe pipe2 pread64 preadv preadv2
    pwrite64 pwritev pwritev2 read readv sendfile sendfile64 splice tee vmsplice write writev`),
  waiting: names(`
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select
    signalfd signalfd4`),
  sockets: names(`
    accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg
    sendmsg sendto setsockopt shutdown socketcall socketpair`),
  memory: names(`
    brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal
    msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`),
  processes: names(`
    execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid pause pidfd_open pidfd_send_signal prctl
    process_vm_readv process_vm_writev ptrace rseq set_robust_list get_robust_list set_tid_address setpgid setsid vfork wait4 waitid
    waitpid get_thread_area set_thread_area riscv_hwprobe uretprobe`),
  signals: names(`
    alarm kill restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn tgkill tkill`),
  identity: names(`
    capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid getresuid32
    getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid
    setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`),
  restrictions: names('landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp'),
  scheduling: names(`
    getcpu getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_getaffinity sched_getattr sched_getparam
    sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
    sched_setattr sched_setparam sched_setscheduler sched_yield setpriority setrlimit ugetrlimit`),
  synchronization: names('futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake'),
  systemV: names(`
    ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget
    msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`),
  time: names(`
    adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
    clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime
    timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
    times`),
  host: names('getrandom sysinfo uname'),
};

/** What needs a capability anyway is let through only to who has it: the kernel's check is then the second one, not the only one. */
export const CALLS_BY_CAPABILITY: readonly ConditionalCalls[] = [
  { capability: 'CAP_DAC_READ_SEARCH', names: names('open_by_handle_at') },
  {
    capability: 'CAP_SYS_ADMIN',
    names: names(`
      bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr
      mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2
      unshare`),
  },
  { capability: 'CAP_SYS_BOOT', names: names('reboot') },
  { capability: 'CAP_SYS_CHROOT', names: names('chroot') },
  { capability: 'CAP_SYS_MODULE', names: names('delete_module finit_module init_module') },
  { capability: 'CAP_SYS_PACCT', names: names('acct') },
  { capability: 'CAP_SYS_PTRACE', names: names('kcmp pidfd_getfd process_madvise') },
  { capability: 'CAP_SYS_RAWIO', names: names('ioperm iopl') },
  { capability: 'CAP_SYS_TIME', names: names('clock_settime clock_settime64 settimeofday stime') },
  { capability: 'CAP_SYS_TTY_CONFIG', names: names('vhangup') },
  { capability: 'CAP_SYS_NICE', names: names('get_mempolicy mbind set_mempolicy set_mempolicy_home_node') },
  { capability: 'CAP_SYSLOG', names: names('syslog') },
  { capability: 'CAP_BPF', names: names('bpf') },
  { capability: 'CAP_PERFMON', names: names('perf_event_open') },
];

export type Architecture = 'x64' | 'arm64';

/** By Node's name of the architecture: libseccomp's names, the native one first, and the calls that exist only there. */
export const ARCHITECTURES: Readonly<Record<Architecture, { readonly names: readonly string[]; readonly calls: readonly string[] }>> = {
  x64: { names: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], calls: names('arch_prctl modify_ldt') },
  arm64: {
    names: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    calls: names('arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2'),
  },
};

/** Execution domains that personality(2) may choose: Linux, Linux with short inodes (LINUX32 too), and the question. */
export const PERSONALITIES: readonly number[] = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** The CLONE_NEW… flags: without CAP_SYS_ADMIN clone(2) may have none of them. */
export const CLONE_NAMESPACE_FLAGS = 0x7e020000;

/**
 * Address families of socket(2), as linux/socket.h numbers them. Not among them: AF_ALG (38: the kernel's cryptography, an attack
 * surface that containers don't need), AF_VSOCK (40: not namespaced before Linux 7.0), and what Linux has removed (12 DECnet, 19 Econet,
 * 20 ATM SVC, 23 IrDA, 25 WANPIPE, 34 ISDN, 37 CAIF). socketcall(2) of 32-bit programs can't be looked into by seccomp.
 */
export const SOCKET_FAMILIES: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45,
];

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
