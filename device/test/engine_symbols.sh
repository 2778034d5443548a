#!/bin/sh
# Code compiled for a level of the host's instruction set must stay with its engine: a symbol that the linker may
# share with other objects (weak, unique) outside of the level's namespace would crash older processors.
[ $# -gt 0 ] || { echo "usage: $0 engine-object..."; exit 2; }
shared=$(for object in "$@"; do nm -C "$object" || echo "0 W nm failed on $object"; done | grep -E '(^| )[WVu] ' |
  grep -v 'kiesel::model::v[34]::')
[ -z "$shared" ] && exit 0
echo "shared symbols in an engine's object:"
echo "$shared"
exit 1
