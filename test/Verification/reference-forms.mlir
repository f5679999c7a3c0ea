// Operations of another dialect are compared in the form that it has given them.

// RUN: quantopt-test-opt %S/../Foreign/run.mlir --qopt-verify-rewrites --foreign-to-linalg -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --implicit-check-not=error
// CHECK: remark: verified {{[1-9]}} rewrites: {{.*}} 0 could not be checked, 0 changed numbers
