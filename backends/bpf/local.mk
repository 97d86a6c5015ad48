backend_bpf_sources =
