kmod_user_sources =
