"""Fuzzing of every loader: made files, changed at random, are read or refused, each in bounded time and memory.

python tests/fuzz.py --minutes 10 --jobs 6 --keep FOLDER [SUFFIX ...]; status 1 when an input crashed, hung, took more
than 1 GB of memory or raised anything but a refusal; the address space is that of a sync. Such inputs are kept in
FOLDER. Not part of the test run: it takes hours.
"""

import argparse
import faulthandler
import io
import json
import os
import random
import resource
import subprocess
import sys
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz_seeds import SEEDS

from index.errors import LoadError
from index.reading import Refused, Task, read_file
from index.worker import Limits

MEMORY = 1 << 30  # resident
HANG = 120.0  # seconds over one small input, on a machine that may be busy
_BUG = "解析出错"  # what reading says of an exception that no loader foresaw
_STRANGE = (
    b"\0",
    b"\xff\xfe",
    b"<" * 40,
    b"&#x110000;",
    b"99999999999",
    b"-1",
    "〔".encode(),
    b'"' * 9,
    b"%PDF-",
    b"]]>",
)


@dataclass
class Tally:
    """What became of the inputs of one loader; `seconds` of the slowest."""

    suffix: str
    inputs: int = 0
    refused: int = 0
    seconds: float = 0.0
    peak: int = 0  # bytes
    failed: int = 0


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """The seed with bytes flipped, cut out, doubled, replaced or its end cut off; inside its members for a zip."""
    if zipfile.is_zipfile(io.BytesIO(seed)) and chance.random() < 0.7:
        return _members_mutated(seed, chance)
    content = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        at, length = chance.randrange(len(content) + 1), chance.choice((1, 4, 40, 400))
        match chance.randrange(7):
            case 0 | 1 if at < len(content):
                content[at] ^= 1 << chance.randrange(8)
            case 2:
                del content[at : at + length]
            case 3:
                content[at:at] = content[at : at + length] * chance.choice((1, 2, 30))
            case 4:
                other = chance.randrange(len(content) + 1)
                content[at : at + length] = content[other : other + length]
            case 5:
                strange = chance.choice(_STRANGE)
                content[at : at + chance.choice((0, len(strange)))] = strange
            case 6 if chance.random() < 0.1:
                del content[at:]
        if len(content) > 2_000_000:
            break
    return bytes(content)


def _members_mutated(seed: bytes, chance: random.Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        names = [info.filename for info in source.infolist() if info.file_size]
        chosen = set(chance.sample(names, min(len(names), chance.choice((1, 1, 2, 5)))))
        for name in names:
            content = source.read(name)
            if name in chosen and chance.random() < 0.05:
                continue
            archive.writestr(name, mutated(content, chance) if name in chosen else content)
    return target.getvalue()


def fuzz(suffix: str, *, until: float, seed: int, folder: Path, keep: Path) -> Tally:
    """Read changed files in this process until a moment; `folder` holds the input at hand, should the process die."""
    resource.setrlimit(resource.RLIMIT_DATA, (Limits().memory, Limits().memory))
    chance, seeds, tally = random.Random(seed), SEEDS[suffix](), Tally(suffix)
    path = folder / f"input{suffix}"
    while time.time() < until:
        content = mutated(chance.choice(seeds), chance)
        path.write_bytes(content)
        begun = time.monotonic()
        faulthandler.dump_traceback_later(HANG, exit=True)
        error = ""
        try:
            answers = [m.reason for m in read_file(Task(str(path)), model="hash") if isinstance(m, Refused)]
            error = next((answer for answer in answers if answer.startswith(_BUG)), "")
            tally.refused += bool(answers)
        except LoadError:
            tally.refused += 1
        except Exception as raised:  # noqa: BLE001 - what this program is here to find
            error = f"{type(raised).__name__}: {raised}"
        faulthandler.cancel_dump_traceback_later()
        tally.inputs += 1
        tally.seconds = max(tally.seconds, time.monotonic() - begun)
        # Linux counts kilobytes.
        tally.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        if tally.peak > MEMORY:
            error = error or f"{tally.peak >> 20} MB"
        if error:
            tally.failed += 1
            _save(keep, suffix, content, error)
        if tally.peak > MEMORY:
            break  # the peak stays; another process goes on
    return tally


def _save(keep: Path, suffix: str, content: bytes, error: str) -> None:
    """Keep an input with what it did; ten of a kind are enough."""
    kind = f"{suffix[1:]}-{zlib.crc32(error[:60].encode('utf-8', 'replace')):08x}"
    if len(list(keep.glob(f"{kind}-*{suffix}"))) < 10:
        name = f"{kind}-{time.time_ns()}"
        (keep / f"{name}{suffix}").write_bytes(content)
        (keep / f"{name}.reason").write_text(error[-4000:], encoding="utf-8")


def watched(suffix: str, *, minutes: float, seed: int, keep: Path) -> Tally:
    """Fuzz a loader in processes of its own, a new one after each that died, for so many minutes."""
    total, until = Tally(suffix), time.time() + minutes * 60
    while time.time() < until:
        with TemporaryDirectory(prefix="yinde-fuzz-") as folder:
            command = [sys.executable, __file__, "--one", suffix, str(until), str(seed), folder, "--keep", str(keep)]
            environment = {**os.environ, "TMPDIR": folder}
            done = subprocess.run(command, capture_output=True, env=environment, check=False)
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace")
                path = Path(folder) / f"input{suffix}"
                _save(keep, suffix, path.read_bytes() if path.exists() else b"", f"status {done.returncode}\n{said}")
                part = Tally(suffix, inputs=1, failed=1)
            else:
                part = Tally(**json.loads(done.stdout.splitlines()[-1]))
        total = Tally(
            suffix,
            total.inputs + part.inputs,
            total.refused + part.refused,
            max(total.seconds, part.seconds),
            max(total.peak, part.peak),
            total.failed + part.failed,
        )
        seed += 1
    return total


def main() -> None:
    """Fuzz the loaders named, all without a name, some at once; print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suffixes", nargs="*", help=" ".join(SEEDS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each loader")
    parser.add_argument("--jobs", type=int, default=2, help="loaders at once")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-kept"))
    parser.add_argument("--one", nargs=4, metavar=("SUFFIX", "UNTIL", "SEED", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.one:
        suffix, until, seed, folder = options.one
        tally = fuzz(suffix, until=float(until), seed=int(seed), folder=Path(folder), keep=options.keep)
        print(json.dumps(asdict(tally)))
        return
    print(f"seed {options.seed}, {options.minutes:g} minutes each; what fails is kept in {options.keep}")
    print("| loader | inputs | refused | slowest, s | peak, MB | failed |\n|---|---:|---:|---:|---:|---:|", flush=True)
    failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        suffixes = options.suffixes or list(SEEDS)
        running = [
            pool.submit(watched, s, minutes=options.minutes, seed=options.seed, keep=options.keep) for s in suffixes
        ]
        for tally in (each.result() for each in running):
            failed += tally.failed
            print(
                f"| {tally.suffix[1:]} | {tally.inputs} | {tally.refused} | {tally.seconds:.1f} | {tally.peak >> 20} |"
                f" {tally.failed} |",
                flush=True,
            )
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
