#!/usr/bin/env python3
"""Byte vectors of record batches and of key partitioning, made and checked by an independent Kafka client.

Needs only Debian's packages python3-kafka (kafka-python 2.0.2), python3-snappy, python3-lz4 and python3-zstandard, and no Kafka server.

  /usr/bin/python3 make_vectors.py
      writes kafka-python.json and murmur2.json beside this file; the result is the same each time. The tests read each batch and build
      each batch again from its description.

  /usr/bin/python3 make_vectors.py --check managedlog.json
      lets kafka-python read the batches that ManagedLog wrote, and compares CRC, header fields and every record with their description.
      To write that file anew: MANAGEDLOG_WRITE_VECTORS=<file> dotnet test tests/Protocol.Tests --filter OwnVectorTests
"""
import gzip
import json
import os
import random
import struct
import sys

import lz4.frame
import snappy
import zstandard
from kafka.partitioner.default import murmur2
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.util import calc_crc32c

HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = DefaultRecordBatch.HEADER_STRUCT
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "snappy-raw": 2, "lz4": 3, "lz4-all": 3, "zstd": 4, "zstd-stream": 4}
NO_PRODUCER = {"id": -1, "epoch": -1, "sequence": -1}


def record(timestamp, key, value, headers=(), count=1):
    return {"timestamp": timestamp, "key": key, "value": value, "headers": [[name, content] for name, content in headers], "count": count}


def decode(content):
    """null, hexadecimal digits, or such digits repeated."""
    if content is None or isinstance(content, str):
        return None if content is None else bytes.fromhex(content)
    return bytes.fromhex(content["hex"]) * content["times"]


def text(value):
    return value.encode("utf-8").hex()


def descriptions():
    one = [record(1600000000000, text("key"), text("value"))]
    compressible = [record(1600000000000 + i, text("key-%d" % (i % 7)), {"hex": text("line %d of a log. " % i), "times": 20}) for i in range(200)]
    return [
        describe("one record", one),
        describe("null key, null value", [record(1, None, None)]),
        describe("empty key, empty value", [record(1, "", "")]),
        describe("key without value, value without key", [record(1, text("k"), None), record(2, None, text("v"))]),
        describe("headers", [
            record(1, text("k"), text("v"), [("plain", text("1"))]),
            record(2, None, None, [("null value", None), ("empty value", "")]),
            record(3, None, None, [("twice", text("1")), ("twice", text("2")), ("", text("empty key"))]),
            record(4, None, None, [("schl\u00fcssel \u9375 \U0001f511", text("w\u00e4rt"))]),
        ]),
        describe("timestamps that go back and far ahead", [record(t, None, text("v")) for t in
                 (1600000000000, 1599999999999, 1600000000063, 1600000000064, 1600000008191, 1600000008192, 0, 4102444800000, 253402300799999)]),
        describe("no timestamp", [record(-1, None, text("v"))]),
        describe("lengths around each varint size", [record(1, None, {"hex": "61", "times": n}) for n in (0, 1, 63, 64, 65, 127, 128, 8191, 8192, 8193)]),
        describe("offset deltas of two bytes and more", [record(1, None, None, count=9000)]),
        describe("producer", one, producer={"id": 9007199254740993, "epoch": 32767, "sequence": 2147483647}),
        describe("transactional", one, producer={"id": 4000, "epoch": 3, "sequence": 17}, transactional=True),
        describe("control: commit", [record(1600000000000, "00000001", "000000000007")], producer={"id": 4000, "epoch": 3, "sequence": -1}, transactional=True, control=True),
        describe("control: abort", [record(1600000000000, "00000000", "00007fffffff")], producer={"id": 4000, "epoch": 3, "sequence": -1}, transactional=True, control=True),
        describe("append time", [record(5, None, text("a")), record(4000, None, text("b"))], append_time=1700000000000),
        describe("base offset and leader epoch", one, base_offset=4611686018427387904, leader_epoch=2147483647),
        describe("gzip", compressible, codec="gzip", base_offset=1000),
        describe("snappy in xerial framing, several blocks", compressible, codec="snappy", base_offset=1000),
        describe("snappy in xerial framing, one block", compressible[:3], codec="snappy"),
        describe("snappy, one raw block", compressible, codec="snappy-raw", base_offset=1000),
        describe("gzip, append time, transactional", compressible[:20], codec="gzip", append_time=1700000000000,
                 producer={"id": 1, "epoch": 0, "sequence": 0}, transactional=True, leader_epoch=12),
        describe("lz4, several blocks", compressible, codec="lz4", base_offset=1000),
        describe("lz4, one block", compressible[:3], codec="lz4"),
        describe("lz4 with all checksums, blocks of 256 KiB", [dict(r, count=4) for r in compressible], codec="lz4-all", base_offset=1000),
        describe("zstd", compressible, codec="zstd", base_offset=1000),
        describe("zstd, small", compressible[:3], codec="zstd", append_time=1700000000000),
        describe("zstd, as a stream that says no size, with a checksum", compressible, codec="zstd-stream", base_offset=1000),
    ]


def describe(name, records, codec="none", producer=NO_PRODUCER, transactional=False, control=False, append_time=None, base_offset=0, leader_epoch=0):
    return {"name": name, "codec": codec, "producer": producer, "transactional": transactional, "control": control,
            "appendTime": append_time, "baseOffset": base_offset, "leaderEpoch": leader_epoch, "records": records}


def expand(case):
    return [r for r in case["records"] for _ in range(r["count"])]


def zstd_stream(plain):
    compressor = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compressobj()
    return compressor.compress(plain) + compressor.flush()


RECODED = {
    "snappy-raw": snappy.compress,
    "lz4-all": lambda plain: lz4.frame.compress(plain, block_size=lz4.frame.BLOCKSIZE_MAX256KB, block_linked=False, content_checksum=True, block_checksum=True, store_size=True),
    "zstd-stream": zstd_stream,
}


def build(case):
    """kafka-python's builder, then by hand what it leaves to brokers: control bit, append time, base offset, leader epoch, and what other clients make of a codec."""
    producer = case["producer"]
    builder = DefaultRecordBatchBuilder(2, CODECS[case["codec"]], case["transactional"], producer["id"], producer["epoch"], producer["sequence"], 1 << 30)
    plain = DefaultRecordBatchBuilder(2, 0, case["transactional"], producer["id"], producer["epoch"], producer["sequence"], 1 << 30)
    for delta, r in enumerate(expand(case)):
        headers = [(name, decode(content)) for name, content in r["headers"]]
        for target in (builder, plain):
            assert target.append(delta, r["timestamp"], decode(r["key"]), decode(r["value"]), headers) is not None
    batch = bytearray(builder.build())
    if case["codec"] in RECODED:
        batch[HEADER.size:] = RECODED[case["codec"]](bytes(plain.build()[HEADER.size:]))
    fields = list(HEADER.unpack_from(batch))
    fields[0], fields[1], fields[2] = case["baseOffset"], len(batch) - 12, case["leaderEpoch"]
    if case["control"]:
        fields[5] |= DefaultRecordBatch.CONTROL_MASK
    if case["appendTime"] is not None:
        fields[5] |= DefaultRecordBatch.TIMESTAMP_TYPE_MASK
        fields[8] = case["appendTime"]
    HEADER.pack_into(batch, 0, *fields)
    struct.pack_into(">I", batch, DefaultRecordBatch.CRC_OFFSET, calc_crc32c(bytes(batch[DefaultRecordBatch.ATTRIBUTES_OFFSET:])))
    return bytes(batch)


def check(case, batch):
    """Reads a batch with kafka-python and compares all of it with its description."""
    reader = DefaultRecordBatch(batch)
    assert reader.magic == 2 and reader.validate_crc(), case["name"]
    fields = HEADER.unpack_from(batch)
    producer, records = case["producer"], expand(case)
    stamps = [r["timestamp"] for r in records]
    largest = max(stamps) if case["appendTime"] is None else case["appendTime"]
    expected = (case["baseOffset"], len(batch) - 12, case["leaderEpoch"], 2, len(records) - 1, stamps[0], largest,
                producer["id"], producer["epoch"], producer["sequence"], len(records))
    assert fields[:4] + fields[6:] == expected, (case["name"], fields, expected)
    assert reader.is_transactional == case["transactional"] and reader.is_control_batch == case["control"], case["name"]
    assert reader.compression_type == CODECS[case["codec"]] and reader.timestamp_type == int(case["appendTime"] is not None), case["name"]
    read = list(reader)
    assert len(read) == len(records), case["name"]
    for delta, (got, want) in enumerate(zip(read, records)):
        stamp = want["timestamp"] if case["appendTime"] is None else case["appendTime"]
        headers = [(name, decode(content)) for name, content in want["headers"]]
        assert (got.offset, got.timestamp, got.key, got.value, got.headers) == (case["baseOffset"] + delta, stamp, decode(want["key"]), decode(want["value"]), headers), \
            (case["name"], delta, got)


def write(name, about, member, items):
    """One item a line, so that a change shows which one."""
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
        file.write('{"about":%s,"%s":[\n%s\n]}\n' % (json.dumps(about), member, lines))


def make():
    gzip.time.time = lambda: 0.0  # the time stamp that a gzip stream carries
    cases = descriptions()
    for case in cases:
        batch = build(case)
        check(case, batch)
        case["batch"] = batch.hex()
    write("kafka-python.json", "Record batches made by kafka-python 2.0.2: see make_vectors.py.", "batches", cases)
    draw = random.Random(20240917)
    keys = [b""] + [bytes(draw.randrange(256) for _ in range(length)) for length in range(1, 40) for _ in range(4)]
    write("murmur2.json", "kafka-python 2.0.2's murmur2 and the partition of 12 that its default partitioner takes: see make_vectors.py.", "keys",
          [{"key": key.hex(), "hash": murmur2(key) & 0xffffffff, "partitionOf12": (murmur2(key) & 0x7fffffff) % 12} for key in keys])
    print("%d batches, %d keys" % (len(cases), len(keys)))


def check_file(path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)["batches"]
    for case in cases:
        check(case, bytes.fromhex(case["batch"]))
    print("kafka-python reads all %d batches, %d records, as they are described" % (len(cases), sum(len(expand(case)) for case in cases)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"] and len(sys.argv) == 3:
        check_file(sys.argv[2])
    elif len(sys.argv) == 1:
        make()
    else:
        sys.exit(__doc__)
