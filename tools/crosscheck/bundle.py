"""A reader of TensorFlow's tensor bundles, written from the specification: tensor_bundle.proto and
LevelDB's doc/table_format.md. It shares nothing with Ballast, and checks every checksum.
"""
import struct

import numpy

MAGIC = 0xDB4775248B80FB57
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place


def block(data, offset, size):
    """The keys and values of a block."""
    contents, trailer = data[offset : offset + size], data[offset + size : offset + size + 5]
    assert trailer[0] == 0, "compressed"
    assert masked_crc32c(contents + trailer[:1]) == struct.unpack("<I", trailer[1:])[0], "checksum"
    (restarts,) = struct.unpack("<I", contents[-4:])
    end, place, key = len(contents) - 4 - 4 * restarts, 0, b""
    while place < end:
        shared, place = varint(contents, place)
        unshared, place = varint(contents, place)
        length, place = varint(contents, place)
        key = key[:shared] + contents[place : place + unshared]
        place += unshared
        yield key, contents[place : place + length]
        place += length


def message(data):
    """The fields of a protobuf message, by number; the last of each counts, but for field 2."""
    fields, place = {2: []}, 0
    while place < len(data):
        tag, place = varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = varint(data, place)
        elif wire == 2:
            length, place = varint(data, place)
            value, place = data[place : place + length], place + length
        elif wire == 5:
            (value,) = struct.unpack("<I", data[place : place + 4])
            place += 4
        else:
            raise AssertionError(f"wire type {wire}")
        fields[number] = fields[2] + [value] if number == 2 else value
    return fields


def read(prefix):
    """The variables of a bundle in one file of data: name to array."""
    index = (prefix.parent / (prefix.name + ".index")).read_bytes()
    data = (prefix.parent / (prefix.name + ".data-00000-of-00001")).read_bytes()
    footer = index[-48:]
    assert struct.unpack("<Q", footer[40:])[0] == MAGIC
    handles, place = [], 0
    for _ in range(4):
        value, place = varint(footer, place)
        handles.append(value)
    list(block(index, *handles[:2]))
    variables = {}
    for _, handle in block(index, *handles[2:]):
        offset, place = varint(handle, 0)
        for key, value in block(index, offset, varint(handle, place)[0]):
            entry = message(value)
            if not key:
                assert entry[1] == 1, "several files"
                continue
            assert entry[1] == 1, "not float32"
            shape = [message(dim).get(1, 0) for dim in message(entry[2][0])[2]]
            offset = entry.get(4, 0)
            contents = data[offset : offset + entry[5]]
            assert masked_crc32c(contents) == entry[6], f"checksum of {key}"
            variables[key.decode()] = numpy.frombuffer(contents, "<f4").reshape(shape)
    return variables

