//===- Profile.cpp - Where the time of a run goes -------------------------===//

#include "quantopt/Execution/Profile.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantopt;

std::vector<ProfiledKernel>
quantopt::readProfileTable(mlir::Operation *module) {
  std::vector<ProfiledKernel> kernels;
  auto table = module->getAttrOfType<mlir::ArrayAttr>("qopt.profile");
  if (!table)
    return kernels;
  for (auto line : table.getAsRange<mlir::DictionaryAttr>()) {
    auto text = [&](StringRef key) {
      auto value = line.getAs<mlir::StringAttr>(key);
      return value ? value.str() : std::string();
    };
    auto number = [&](StringRef key) {
      auto value = line.getAs<mlir::IntegerAttr>(key);
      return value ? value.getInt() : 0;
    };
    ProfiledKernel kernel;
    kernel.op = text("op");
    kernel.kernel = text("kernel");
    kernel.name = text("name");
    kernel.location = text("location");
    kernel.macs = number("macs");
    kernel.bytes = number("bytes");
    kernel.target = text("target");
    kernel.contraction = text("contraction");
    kernel.tile = text("tile");
    kernel.candidates = number("candidates");
    if (auto fused = line.getAs<mlir::ArrayAttr>("fused"))
      for (auto origin : fused.getAsRange<mlir::StringAttr>())
        kernel.fused.push_back(origin.str());
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

/// The place without the folders of its file: "dir/file:1:2" and
/// "name (dir/file:1:2)".
static std::string shortenPlace(const std::string &place) {
  size_t begin = place.rfind('(');
  begin = begin == std::string::npos ? 0 : begin + 1;
  return place.substr(0, begin) +
         sys::path::filename(StringRef(place).substr(begin)).str();
}

/// Amount per nanosecond, or a dash where there is none.
static void printRate(raw_ostream &os, double amount, double ns) {
  if (amount > 0 && ns > 0)
    os << format("%9.1f", amount / ns);
  else
    os << "        -";
}

void quantopt::printProfile(raw_ostream &os, const Profile &profile) {
  std::vector<const Profile::Line *> lines;
  double total = 0;
  for (const Profile::Line &line : profile.lines) {
    lines.push_back(&line);
    total += line.ns;
  }
  llvm::sort(lines, [](const Profile::Line *a, const Profile::Line *b) {
    return a->ns != b->ns ? a->ns > b->ns : a < b;
  });
  os << format("profile          %llu runs of %.2f us, kernels %.2f us\n",
               static_cast<unsigned long long>(profile.runs),
               profile.runNs / 1000, total / 1000);
  os << "        us   share  calls          MACs     GOPS     GB/s  kernel  "
        "operation, location\n";
  for (const Profile::Line *line : lines) {
    const ProfiledKernel &kernel = line->kernel;
    auto calls = static_cast<double>(line->calls);
    os << format("%10.3f %5.1f %% %6lld %13lld", line->ns / 1000,
                 total > 0 ? 100 * line->ns / total : 0,
                 static_cast<long long>(line->calls),
                 static_cast<long long>(kernel.macs * line->calls));
    printRate(os, 2 * calls * static_cast<double>(kernel.macs), line->ns);
    printRate(os, calls * static_cast<double>(kernel.bytes), line->ns);
    os << "  " << format("%-6s  ", kernel.kernel.c_str()) << kernel.op;
    if (!kernel.name.empty())
      os << " \"" << kernel.name << "\"";
    os << ", " << shortenPlace(kernel.location);
    if (!kernel.fused.empty())
      os << ", with " << kernel.fused.size() << " fused";
    os << "\n";
  }
}

void quantopt::writeProfileJSON(json::OStream &json, const Profile &profile) {
  json.attributeArray("profile", [&] {
    for (const Profile::Line &line : profile.lines) {
      const ProfiledKernel &kernel = line.kernel;
      json.object([&] {
        json.attribute("op", kernel.op);
        json.attribute("kernel", kernel.kernel);
        if (!kernel.tile.empty())
          json.attribute("tile", kernel.tile);
        if (!kernel.name.empty())
          json.attribute("name", kernel.name);
        json.attribute("location", kernel.location);
        if (!kernel.fused.empty())
          json.attributeArray("fused", [&] {
            for (const std::string &origin : kernel.fused)
              json.value(origin);
          });
        json.attribute("calls", line.calls);
        json.attribute("ns", line.ns);
        json.attribute("macs", kernel.macs * line.calls);
        json.attribute("bytes", kernel.bytes * line.calls);
      });
    }
  });
}
