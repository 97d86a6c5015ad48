kmod_user_sources = \
	runtime/kmod/user/insert.h \
	runtime/kmod/user/insert.c
