//===- Page.h - The parts of a report's page --------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_REPORT_PAGE_H
#define QUANTOPT_LIB_REPORT_PAGE_H

#include "quantopt/Report/Report.h"

namespace quantopt {

/// What stands between <style> and </style>, and in <script>. The page can be
/// read without the script: it sorts, filters and opens all.
extern const char *const kPageStyle;
extern const char *const kPageScript;

/// SQNR of the values that have one, over their numbers in the table, as a
/// figure of fixed height that takes the width it gets. Empty where no value
/// has a finite one.
std::string drawLayers(const std::vector<ValueReport> &values);

/// The histogram of a value that was observed, with its range.
std::string drawHistogram(const ValueReport &value);

} // namespace quantopt

#endif // QUANTOPT_LIB_REPORT_PAGE_H
