sema_sources =
