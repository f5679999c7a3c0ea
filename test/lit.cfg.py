"""lit configuration. docs/Testing.md says what the features stand for.

Everything that a machine may lack is probed here and becomes a feature, so that
a test says `REQUIRES: qemu-aarch64` and not "if this exists". Nothing outside
Python's standard library is used, except by tests that require numpy.
"""

import os
import platform
import re
import shutil
import subprocess

import lit.formats

config.name = "quant-opt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".c"]
config.excludes = ["Inputs", "unit", "lib", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.quantopt_binary_dir, "test")

tools_dir = os.path.join(config.quantopt_binary_dir, "bin")
library_dir = os.path.join(config.quantopt_binary_dir, "lib")
config.environment["PATH"] = os.pathsep.join(
    [tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
)
# Diagnostics must not depend on the terminal or the language of the user.
config.environment["LC_ALL"] = "C"
config.environment["TERM"] = "dumb"
for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "QEMU_LD_PREFIX"]:
    if name in os.environ:
        config.environment[name] = os.environ[name]

# Names of tools at the beginning of a word; not within a path or another name.
def add_tool(name, arguments=""):
    path = os.path.join(tools_dir, name)
    config.substitutions.append(
        (rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", f"{path}{arguments}")
    )


# QUANTOPT_ROUNDTRIP=1 sends every input of quant-opt through text and bytecode.
roundtrip = os.environ.get("QUANTOPT_ROUNDTRIP", "0") not in ("", "0")
for tool in ["quant-opt", "quantopt-test-opt"]:
    add_tool(tool, " --verify-roundtrip" if roundtrip else "")
for tool in ["quant-run", "quant-compile", "quant-lsp-server"]:
    add_tool(tool)
# mlir-opt is the stock one, whatever its name on the user's PATH.
config.substitutions.append(
    (r"(?<![\w./-])mlir-opt(?![\w./-])", os.path.join(config.llvm_tools_dir, "mlir-opt"))
)
config.substitutions += [
    ("%python", config.python),
    ("%source_root", config.quantopt_source_dir),
    ("%build_root", config.quantopt_binary_dir),
    ("%llvm_tools", config.llvm_tools_dir),
    ("%cxx", config.cxx_compiler),
    ("%cc", config.c_compiler),
]

# Features.
def has_tool(name):
    return os.access(os.path.join(tools_dir, name), os.X_OK)


for tool in ["quant-run", "quant-compile", "quant-lsp-server"]:
    if has_tool(tool):
        config.available_features.add(tool)

config.available_features.add(f"host-{platform.machine()}")
if os.access(os.path.join(config.llvm_tools_dir, "mlir-opt"), os.X_OK):
    config.available_features.add("mlir-opt-22")

has_numpy = [config.python, "-c", "import numpy"]
if subprocess.run(has_numpy, stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("numpy")

plugin = os.path.join(library_dir, "QuantOptPlugin.so")
config.substitutions.append(("%plugin", plugin))
# A sanitized plugin needs a sanitized host, which the stock mlir-opt is not.
if os.path.exists(plugin) and not config.sanitize:
    config.available_features.add("plugin")

if config.sanitize:
    config.available_features.add("asan")
    # Our code poisons the free rest of LLVM's allocators and libMLIR, which is
    # not instrumented, hands it out without a word: only the heap and the stack
    # are watched.
    options = config.environment.get("ASAN_OPTIONS", "")
    config.environment["ASAN_OPTIONS"] = ":".join(
        filter(None, ["allow_user_poisoning=0", options])
    )

try:
    with open("/proc/cpuinfo") as cpuinfo:
        cpu_flags = set(re.findall(r"\w+", cpuinfo.read()))
except OSError:
    cpu_flags = set()
for flag, feature in [
    ("avx2", "avx2"),
    ("avx512_vnni", "avx512vnni"),
    ("avx_vnni", "avxvnni"),
    ("amx_int8", "amx-int8"),
]:
    if flag in cpu_flags:
        config.available_features.add(feature)

# Processors that this one can be, for test/Inputs/targets.py.
cpus = []
for feature, names in [
    ("host-x86_64", ["x86-64"]),
    ("avx2", ["haswell"]),
    ("avx512vnni", ["skylake-avx512", "cascadelake"]),
]:
    if feature in config.available_features:
        cpus += names
targets = f"--cpus={','.join(cpus)}"

for arch, prefix, options in [
    ("aarch64", "aarch64-linux-gnu", "-cpu max "),
    ("arm", "arm-linux-gnueabihf", ""),
]:
    qemu = shutil.which(f"qemu-{arch}") or shutil.which(f"qemu-{arch}-static")
    if not qemu or not shutil.which(f"{prefix}-gcc"):
        continue
    config.available_features.add(f"qemu-{arch}")
    emulator = f"{qemu} {options}-L /usr/{prefix}"
    config.substitutions.append((f"%qemu_{arch}", emulator))
    targets += f" --qemu-{arch}='{emulator}'"
    if shutil.which(f"{prefix}-g++"):
        config.available_features.add(f"{arch}-cxx")

# A driver that interprets kernels: see docs/Testing.md. With sanitizers it takes
# minutes for what takes seconds.
gpu_driver = os.path.join(config.quantopt_binary_dir, "test", "lib", "fake-cuda")
if os.path.exists(os.path.join(gpu_driver, "libcuda.so.1")) and not config.sanitize:
    config.available_features.add("fake-gpu")
    targets += f" --gpu={gpu_driver}"
config.substitutions.append(("%gpu_driver", gpu_driver))
config.substitutions.append(("%targets", targets))

chromium = shutil.which("chromium")
if chromium:
    config.available_features.add("chromium")
    config.substitutions.append(("%chromium", chromium))

models = os.environ.get(
    "QUANTOPT_MODELS",
    os.path.join(config.quantopt_source_dir, os.pardir, "shared", "models"),
)
models = os.path.abspath(models)
if os.path.isdir(models):
    config.available_features.add("models")
config.substitutions.append(("%models", models))
