"""Archives behind other data, of which readers that count from the file's start find other members."""
import pickle
import struct
import zlib

from pieces import BENIGN, MALICIOUS, UNOPENED

SYSTEM = b"cos\nsystem\n(S'true'\ntR."


def local(name, data, announced=None):
    size = len(data) if announced is None else announced
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, zlib.crc32(data), size, size, len(name), 0) + name


def entry(name, data, offset):
    fields = (0x02014B50, 20, 20, 0, 0, 0, 0, zlib.crc32(data), len(data), len(data), len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<IHHHHHHIIIHHHHHII", *fields) + name


def record(count, size, offset):
    """An end record of ZIP64."""
    return struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 20, 20, 0, 0, count, count, size, offset)


def end(count, size, offset):
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, offset, 0)


def absolute(members, front):
    """miniz takes the locator's offset as counted from the file's start, and finds `members` there; others find an honest
    archive at the end, whose own record stands as far from its start."""
    file, directory = bytearray(front), b""
    for index, (name, data) in enumerate(members):
        directory += entry(name, data, len(file))
        file += local(b"%d" % index, data, announced=1) + data
    start = len(file)
    file += directory + b"\xff" * 300
    place = len(file)
    file += record(len(members), len(directory), start) + b"\xff" * 16
    data = b"\xff" * (place - 30 - 46 - 6)
    honest = local(b"x/y", data) + data
    size, offset = len(entry(b"x/y", data, 0)), len(honest)
    honest += entry(b"x/y", data, 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(honest), 1)
    return bytes(file) + honest + record(1, size, offset) + locator + end(1, size, offset)


def hidden():
    members = [(b"p/version", b"6"), (b"p/data.pkl", SYSTEM), (b"p/constants.pkl", pickle.dumps((), 2))]
    UNOPENED["hidden.locator"] = absolute(members, b"\xff" * 64)
    UNOPENED["hidden.locator.pickle"] = absolute(members, pickle.dumps([1, 2, 3]) + b"\xff" * 64)

    # A member whose own header announces no believable size, and with a record's signature in it.
    data = b"\x80\x02B" + struct.pack("<I", 8) + b"PK\x06\x06xxxx0" + SYSTEM
    archive = local(b"model.bin", data, announced=0xFFFFFFFF) + data
    directory = entry(b"model.bin", data, 0)
    archive += directory + end(1, len(directory), len(archive))
    MALICIOUS["hidden.size"] = b"\xff" * 64 + archive
    honest = local(b"a.pkl", pickle.dumps(1)) + pickle.dumps(1)
    directory = entry(b"a.pkl", pickle.dumps(1), 0)
    BENIGN["behind.other"] = b"\xff" * 64 + honest + directory + end(1, len(directory), len(honest))
