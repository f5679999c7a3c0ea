#!/usr/bin/env python3
"""Calibrates a model on samples that are spread over machines.

Every shard is calibrated by a quant-opt of its own, and the tables that they write are
merged. Counts are exact integers, so the merged table is, byte for byte, the one that a
single machine writes for all samples, whatever the shards and their order.

  calibrate.py model.mlir part0.npz part1.npz ... --table=table.json --engine=dask
  calibrate.py model.mlir samples.npz --shard-size=1000 --table=table.json --verify

Each file is a shard; with --shard-size, so many samples of a file are. Engines:

  processes   on this machine, several at a time; needs Python only
  dask        on a Dask cluster (--address=tcp://scheduler:8786), else on this machine
  ray         on a Ray cluster (--address=auto), else on this machine

Model, settings and samples are read where a shard runs, so clusters need them, and
quant-opt, under the same names everywhere. Only tables travel: some hundred kB each.
"""

import argparse
import ast
import concurrent.futures
import filecmp
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

# Tables of one merge: bounds the length of a command line.
MERGED_AT_ONCE = 64


def read_header(stream):
    """The header of a .npy: its dictionary, and the bytes of one row."""
    magic = stream.read(8)
    if magic[:6] != b"\x93NUMPY":
        raise ValueError("no .npy array")
    form = "<H" if magic[6] == 1 else "<I"
    (size,) = struct.unpack(form, stream.read(struct.calcsize(form)))
    header = ast.literal_eval(stream.read(size).decode("latin1"))
    if header["fortran_order"] or not isinstance(header["descr"], str):
        raise ValueError("not in C order, or not of plain numbers")
    row = int(header["descr"].lstrip("<>|=")[1:])
    for extent in header["shape"][1:]:
        row *= extent
    return header, row


def write_header(stream, header, rows):
    shape = (rows,) + tuple(header["shape"][1:])
    text = repr({**header, "shape": shape})
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    stream.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin1"))


def count_samples(path):
    """The first dimension of all arrays of an .npz."""
    counts = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            with archive.open(entry) as stream:
                try:
                    shape = read_header(stream)[0]["shape"]
                except ValueError as error:
                    sys.exit(f"error: {path}: {entry}: {error}")
                counts[entry] = shape[0] if shape else None
    if len(set(counts.values())) != 1 or None in counts.values():
        text = ", ".join(f"{entry}: {count}" for entry, count in counts.items())
        sys.exit(
            f"error: {path}: --shard-size cuts along the first dimension, which is not "
            f"the same in all arrays ({text}); save each shard as a file"
        )
    return next(iter(counts.values()))


def make_shards(paths, size):
    """Triples of a file and the samples of it; all of them where those are None."""
    if size is None:
        return [(path, None, None) for path in paths]
    return [
        (path, first, min(first + size, count))
        for path in paths
        for count in [count_samples(path)]
        for first in range(0, count, size)
    ]


def cut(path, first, last, target):
    """Copies samples [first, last) of every array, in blocks."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for entry in source.namelist():
            with source.open(entry) as array, archive.open(entry, "w", force_zip64=True) as out:
                header, row = read_header(array)
                write_header(out, header, last - first)
                array.seek(first * row, os.SEEK_CUR)
                left = (last - first) * row
                while left:
                    block = array.read(min(left, 1 << 20))
                    if not block:
                        raise EOFError(f"{path}: {entry} is cut off")
                    out.write(block)
                    left -= len(block)


def run_quant_opt(arguments):
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{' '.join(arguments)}\n{result.stderr.strip()}")


def quantize_flag(job, **options):
    if job["config"]:
        options["config"] = job["config"]
    texts = [f"{key.replace('_', '-')}={value}" for key, value in options.items()]
    return "--qopt-quantize=" + " ".join(texts)


def calibrate_shard(job, shard):
    """The table of one shard, as bytes. Runs wherever the engine puts it."""
    path, first, last = shard
    with tempfile.TemporaryDirectory() as folder:
        if first is not None:
            part = os.path.join(folder, "shard.npz")
            cut(path, first, last, part)
            path = part
        table = os.path.join(folder, "table.json")
        flag = quantize_flag(job, calibration_data=path, save_calibration_table=table)
        run_quant_opt(
            [job["quant_opt"], job["model"], "--compile-to=calibrate", flag, "-o", os.devnull]
        )
        with open(table, "rb") as file:
            return file.read()


def run_processes(job, shards, arguments):
    # Threads that wait for processes: each shard is one of quant-opt.
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        yield from pool.map(lambda shard: calibrate_shard(job, shard), shards)


def run_dask(job, shards, arguments):
    from distributed import Client, as_completed

    where = (
        {"address": arguments.address}
        if arguments.address
        else {"n_workers": arguments.jobs, "threads_per_worker": 1, "dashboard_address": None}
    )
    with Client(**where) as client:
        futures = client.map(calibrate_shard, [job] * len(shards), shards, pure=False)
        # In the order in which they end: tables do not pile up on the workers.
        for future, table in as_completed(futures, with_results=True):
            future.release()
            yield table


def run_ray(job, shards, arguments):
    import ray

    where = (
        {"address": arguments.address}
        if arguments.address
        else {"num_cpus": arguments.jobs, "include_dashboard": False}
    )
    ray.init(log_to_driver=False, **where)
    try:
        remote = ray.remote(calibrate_shard)
        left = [remote.remote(job, shard) for shard in shards]
        while left:
            done, left = ray.wait(left)
            yield from ray.get(done)
    finally:
        ray.shutdown()


ENGINES = {"processes": run_processes, "dask": run_dask, "ray": run_ray}


def merge(job, tables, folder, number):
    """Merges table files into one file of `folder` and removes them."""
    merged = os.path.join(folder, f"merged{number}.json")
    flag = quantize_flag(job, calibration_table=",".join(tables), save_calibration_table=merged)
    run_quant_opt(
        [job["quant_opt"], job["model"], "--compile-to=calibrate", flag, "-o", os.devnull]
    )
    for table in tables:
        os.remove(table)
    return merged


def calibrate(job, shards, arguments, folder):
    """Runs all shards; the path of the table of all of them."""
    tables, merges = [], 0
    for number, table in enumerate(ENGINES[arguments.engine](job, shards, arguments)):
        path = os.path.join(folder, f"shard{number}.json")
        with open(path, "wb") as file:
            file.write(table)
        tables.append(path)
        if len(tables) == MERGED_AT_ONCE:
            tables, merges = [merge(job, tables, folder, merges)], merges + 1
    return merge(job, tables, folder, merges)


def calibrate_here(job, paths, folder):
    """One file behind the other, in one chain of processes on this machine."""
    table = None
    for number, path in enumerate(paths):
        settings = f" config={job['config']}" if job["config"] else ""
        following = os.path.join(folder, f"here{number}.json")
        resume = f" resume={table}" if table else ""
        run_quant_opt(
            [job["quant_opt"], job["model"], "--qopt-import"]
            + [f"--qopt-choose-schemes={settings.strip()}", "--qopt-insert-observers"]
            + [f"--qopt-calibrate=data={path} table={following}{resume}{settings}"]
            + ["-o", os.devnull]
        )
        table = following
    return table


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="the float model, .mlir text or bytecode")
    parser.add_argument("data", nargs="+", help="samples: .npz files")
    parser.add_argument("--table", required=True, help="where to write the merged table")
    parser.add_argument("--engine", choices=ENGINES, default="processes")
    parser.add_argument("--address", help="of a Dask scheduler or a Ray cluster")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="shards at a time on this machine"
    )
    parser.add_argument(
        "--shard-size",
        type=int,
        help="samples of a shard; without it, each file is one. A compressed file is read "
        "from its start for each of its shards: prefer several files",
    )
    parser.add_argument("--config", help="settings, a YAML file (docs/Configuration.md)")
    parser.add_argument("--quant-opt", default="quant-opt", help="the tool, by name or path")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="also calibrate on this machine alone and compare the tables' bytes",
    )
    arguments = parser.parse_args()
    if arguments.jobs < 1 or (arguments.shard_size is not None and arguments.shard_size < 1):
        parser.error("--jobs and --shard-size are at least 1")
    return arguments


def main():
    arguments = parse_arguments()
    if not shutil.which(arguments.quant_opt):
        sys.exit(f"error: {arguments.quant_opt}: not found; give --quant-opt=PATH")
    job = {
        "quant_opt": shutil.which(arguments.quant_opt),
        "model": os.path.abspath(arguments.model),
        "config": arguments.config and os.path.abspath(arguments.config),
    }
    paths = [os.path.abspath(path) for path in arguments.data]
    shards = make_shards(paths, arguments.shard_size)
    # Beside the result, so that it is renamed whole or not at all.
    beside = os.path.dirname(os.path.abspath(arguments.table))
    try:
        with tempfile.TemporaryDirectory(dir=beside) as folder:
            table = calibrate(job, shards, arguments, folder)
            verdict = ""
            if arguments.verify:
                here = calibrate_here(job, paths, folder)
                if not filecmp.cmp(table, here, shallow=False):
                    sys.exit("error: the merged table is not the one of this machine alone")
                verdict = ", the same bytes as on one machine"
            os.replace(table, arguments.table)
    except ImportError as error:
        sys.exit(f"error: --engine={arguments.engine}: {error}; install it from PyPI")
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.table}: {len(shards)} shards by {arguments.engine}{verdict}")


if __name__ == "__main__":
    main()
