kmod_user_sources = \
	runtime/kmod/user/insert.h \
	runtime/kmod/user/insert.c \
	runtime/kmod/user/refusal.h \
	runtime/kmod/user/refusal.c
