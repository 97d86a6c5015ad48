runtime_bpf_sources =
