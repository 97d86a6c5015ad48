/*
 * Primitives: who runs, and the session. See runtime/common/intrinsics.def.
 */
#include "runtime/bpf/lib/text.h"

RT_PRIM void prim_execname(char *dst)
{
	bpf_get_current_comm(dst, 16);
}

RT_PRIM __s64 prim_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

RT_PRIM __s64 prim_tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

RT_PRIM __s64 prim_uid(void)
{
	return (__u32)bpf_get_current_uid_gid();
}

RT_PRIM __s64 prim_gid(void)
{
	return bpf_get_current_uid_gid() >> 32;
}

RT_PRIM __s64 prim_cpu(void)
{
	return bpf_get_smp_processor_id();
}

RT_PRIM __s64 prim_task_current(void)
{
	return bpf_get_current_task();
}

RT_PRIM __s64 prim_cgroup_id(void)
{
	return bpf_get_current_cgroup_id();
}

RT_PRIM __s64 prim_target(void)
{
	return spile_shared.target;
}

RT_PRIM __s64 prim___namespaces_pid(void)
{
	return spile_shared.namespaces;
}

RT_PRIM __s64 prim_stp_pid(void)
{
	return spile_shared.runner;
}

RT_PRIM __s64 prim___tasks_since(void)
{
	return spile_shared.tasks_since;
}

RT_PRIM void prim_module_name(char *dst)
{
	__builtin_memcpy(dst, spile_shared.module, sizeof spile_shared.module);
}
