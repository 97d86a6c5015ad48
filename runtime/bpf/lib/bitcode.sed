# What the bitcode of the library needs not carry, or must say otherwise.
#
# Of debug information the kernel wants functions and their parameters: where
# variables live goes, and so does the line of an instruction (a call must have
# one where the caller is described). split.awk takes more of it away.
/^ *#dbg_/d
/^ *\(tail \)\?call void @llvm\.dbg\./d
s/, !DIAssignID ![0-9]*//
/^ /{
	/ call /!s/, !dbg ![0-9]*//
}
# No DWARF then, which is the larger part of an object: this asks for the
# debug information of another system, of which there is nothing for BPF.
s/!{i32 [0-9]*, !"Dwarf Version", i32 [0-9]*}/!{i32 2, !"CodeView", i32 1}/
# A program is linked with what it uses only.
/^define \(internal\|private\) /!s/^define /define linkonce_odr /
/^@/s/ = dso_local constant / = linkonce_odr dso_local constant /
