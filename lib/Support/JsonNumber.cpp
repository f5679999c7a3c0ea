//===- JsonNumber.cpp - Numbers of reports as JSON ------------------------===//

#include "quantopt/Support/JsonNumber.h"

#include "llvm/Support/JSON.h"

#include <cmath>

void quantopt::writeNumber(llvm::json::OStream &json, llvm::StringRef key,
                           double value) {
  json.attributeBegin(key);
  if (std::isinf(value))
    json.rawValue(value > 0 ? "1e999" : "-1e999");
  else
    json.value(value);
  json.attributeEnd();
}
