//===- NpyHeader.h - The header of a .npy array -----------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_SUPPORT_NPYHEADER_H
#define QUANTOPT_LIB_SUPPORT_NPYHEADER_H

#include "quantopt/Support/Npz.h"

namespace quantopt {

/// Reads the dictionary of a header, {'descr': '<f4', 'fortran_order': False,
/// 'shape': (8, 3), }, into type and shape. The error says what is wrong,
/// without naming the file.
llvm::Error parseNpyDictionary(llvm::StringRef text, NpyArray &array);

/// The bytes in front of the data: magic, version 1.0, length and dictionary,
/// padded so that the data begins at a multiple of 64.
std::string makeNpyHeader(NpyType type, llvm::ArrayRef<int64_t> shape);

} // namespace quantopt

#endif // QUANTOPT_LIB_SUPPORT_NPYHEADER_H
