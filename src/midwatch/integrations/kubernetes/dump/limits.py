"""How much of a dump is read: a dump comes from somebody else, and must not be able to exhaust the machine."""

KIB, MIB = 1024, 1024 * 1024

# The must-gathers of mid-size clusters stay below this once unpacked; a larger one can be unpacked by the person and
# given as a folder.
UNPACKED_BYTES = 512 * MIB
# More files than a must-gather of thousands of pods has; the names alone then take some 50 MB.
FILES = 200_000
# Text of logs and JSON packs 10 to 40 times; only repeated filler packs better than this.
RATIO = 200
RATIO_FROM_BYTES = 10 * MIB
# Decoded objects take several times the size of their text. Logs are not held and have no such limit.
OBJECT_FILE_BYTES = 64 * MIB
OBJECT_BYTES = 512 * MIB
# A list of JSON is read item by item and may be longer: what counts is how many objects are kept, as of a live cluster,
# and OBJECT_BYTES of the fields that are read.
OBJECTS = 200_000
LIST_ITEM_BYTES = 16 * MIB  # etcd holds objects of up to 1.5 MiB
LIST_CHUNK_BYTES = MIB
# `kubectl describe` of a thousand pods is about 5 MB; what is larger is a log.
TEXT_FILE_BYTES = 16 * MIB
# A packed tar can only be read from its start: a small one is unpacked once, in memory.
TAR_IN_MEMORY_BYTES = 32 * MIB
# The headers of a tar are read whole; an honest one is far smaller.
TAR_READ_BYTES = 4 * MIB
# Of a few logs each is read; of more, the ends tell which. A dump of thousands of pods has about 10,000.
LOGS_READ = 70
LOG_ENDS = 20_000
LOG_END_BYTES = 16 * KIB
# Whether a longer file is kubectl's is seen from its beginning; one that is named like a log most likely is one.
PROBE_BYTES = 64 * KIB
PROBE_LOG_BYTES = 4 * KIB
CHUNK_BYTES = 64 * KIB
HEAD_BYTES = 4 * KIB
# A person reads the first ones; the rest would only be repeated by every answer.
UNREADABLE = 500
# When a dump was made is looked for in the beginning of texts and the end of logs: so many files, so much of each.
CLOCK_FILES = 200
CLOCK_BYTES = 1 * MIB
CLOCK_LOG_BYTES = 4 * KIB
# Of lists that are read item by item; the API server writes the newest objects anywhere in them.
CLOCK_LIST_BYTES = 64 * MIB
