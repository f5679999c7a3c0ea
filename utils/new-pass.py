#!/usr/bin/env python3
"""Makes the skeleton of a pass: definition, source, CMake entry and two lit tests.

The skeleton builds, refuses dynamic shapes and changes nothing; both tests pass.
docs/AddAPass.md goes on from there.

usage: new-pass.py PHASE NAME "SUMMARY" [--on=FuncOp|ModuleOp] [--root=DIR]
       new-pass.py Quantization FoldQDQ "Fold pairs of conversions"
"""

import argparse
import pathlib
import re
import sys

OPERATIONS = {
    "FuncOp": ("::mlir::func::FuncOp", "mlir/Dialect/Func/IR/FuncOps.h"),
    "ModuleOp": ("::mlir::ModuleOp", "mlir/IR/BuiltinOps.h"),
}

DEFINITION = '''\
def {name} : Pass<"{flag}", "{operation}"> {{
  let summary = "{summary}";
  let description = [{{
    Reads operations on tensors of static shape. Afterwards they are as before.

    Refuses dynamic shapes.

    Example: {lit}
  }}];
}}

'''

SOURCE = '''\
//===- {name}.cpp - {summary} -*- C++ -*-===//
//
// See the description in quantopt/{phase}/Passes.td.
//
//===----------------------------------------------------------------------===//

#include "quantopt/{phase}/Passes.h"

#include "{header}"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::qopt {{
#define GEN_PASS_DEF_{upper}
#include "quantopt/{phase}/Passes.h.inc"
}} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {{

struct {name} : qopt::impl::{name}Base<{name}> {{
  void runOnOperation() override {{
    WalkResult result = getOperation()->walk([](Operation *op) {{
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<RankedTensorType>(type);
            tensor && !tensor.hasStaticShape()) {{
          op->emitOpError("has a dynamic shape, ")
              << tensor << "; export the model with static shapes";
          return WalkResult::interrupt();
        }}
      return WalkResult::advance();
    }});
    if (result.wasInterrupted())
      signalPassFailure();
  }}
}};

}} // namespace
'''

TEST = '''\
// RUN: quant-opt %s --{flag} | FileCheck %s

// CHECK-LABEL: @static
func.func @static(%x: tensor<4xf32>) -> tensor<4xf32> {{
  // CHECK: arith.addf
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}}
'''

INVALID = '''\
// RUN: quant-opt %s --{flag} -verify-diagnostics -split-input-file

func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {{
  // expected-error@+1 {{{{has a dynamic shape, 'tensor<?xf32>'; export the model with static shapes}}}}
  %y = arith.addf %x, %x : tensor<?xf32>
  return %y : tensor<?xf32>
}}
'''


def kebab(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", name).lower()


def banner(source):
    """Fills the first line with dashes up to 80 columns."""
    first, rest = source.split("\n", 1)
    start, tail = first[: -len(" -*- C++ -*-===//")], "===//"
    room = 80 - len(start) - len(tail) - 1
    return f"{start} {'-' * max(room, 3)}{tail}\n{rest}"


def insert_source(cmake, entry):
    """Adds `entry` to the sources of the library that has its neighbours."""
    lines = cmake.read_text().splitlines(keepends=True)
    folder = entry.rpartition("/")[0]
    pattern = re.compile(rf"^\s+{re.escape(folder + '/' if folder else '')}[A-Z]\w*\.cpp")
    sources = [i for i, line in enumerate(lines) if pattern.match(line)]
    if not sources:
        sys.exit(f"error: {cmake} lists no sources beside {entry}")
    after = [i for i in sources if lines[i].split(".cpp")[0].strip() > entry[:-4]]
    lines.insert(after[0] if after else sources[-1], f"  {entry}\n")
    if not after:  # keep a closing parenthesis on the last line
        last = sources[-1]
        lines[last], lines[last + 1] = lines[last + 1], lines[last]
        if lines[last].rstrip().endswith(")"):
            lines[last] = lines[last].replace(")", "", 1)
            lines[last + 1] = lines[last + 1].replace("\n", ")\n")
    cmake.write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("phase", help="folder below include/quantopt")
    parser.add_argument("name", help="CamelCase, a verb first")
    parser.add_argument("summary", help="one imperative sentence")
    parser.add_argument("--on", choices=OPERATIONS, default="FuncOp")
    parser.add_argument(
        "--root",
        type=pathlib.Path,
        default=pathlib.Path(__file__).resolve().parent.parent,
    )
    arguments = parser.parse_args()
    phase, name, root = arguments.phase, arguments.name, arguments.root
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
        sys.exit(f"error: {name}: a pass has a CamelCase name")

    definitions = root / "include" / "quantopt" / phase / "Passes.td"
    if not definitions.exists():
        sys.exit(f"error: {definitions} does not exist: PHASE is its folder")
    if re.search(rf"^def {name} ", definitions.read_text(), re.M):
        sys.exit(f"error: {definitions} has a pass {name} already")
    stem = kebab(name)
    lit = pathlib.Path("test") / phase / f"{stem}.mlir"
    operation, header = OPERATIONS[arguments.on]
    fields = dict(
        name=name,
        upper=name.upper(),
        flag=f"qopt-{stem}",
        phase=phase,
        summary=arguments.summary.rstrip("."),
        operation=operation,
        header=header,
        lit=lit,
    )

    text = definitions.read_text()
    end = text.rindex("#endif")
    definitions.write_text(text[:end] + DEFINITION.format(**fields) + text[end:])

    source = root / "lib" / phase / f"{name}.cpp"
    source.write_text(banner(SOURCE.format(**fields)))
    cmake, entry = source.with_name("CMakeLists.txt"), source.name
    if not cmake.exists():
        cmake = source.parent.with_name("CMakeLists.txt")
        entry = f"{source.parent.name}/{source.name}"
    insert_source(cmake, entry)

    (root / lit).parent.mkdir(parents=True, exist_ok=True)
    (root / lit).write_text(TEST.format(**fields))
    twin = lit.with_name(f"{stem}-invalid.mlir")
    (root / twin).write_text(INVALID.format(**fields))

    for path in [definitions, source, cmake, root / lit, root / twin]:
        print(path.relative_to(root))
    print("next: utils/generate-docs.sh, ninja check-quantopt; see docs/AddAPass.md")


if __name__ == "__main__":
    main()
