#include "base/metrics.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <vector>

namespace postern {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<const Metric*> metrics;
};
Registry& registry() {
  static Registry instance;
  return instance;
}

constexpr std::array<double, 16> kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                            0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                            1.0,    2.5,     5.0,    10.0};

void append_double(std::string& out, double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_sample(std::string& out, const Metric& metric, std::string_view suffix,
                   std::string_view extra_label, std::uint64_t value) {
  out += metric.name();
  out += suffix;
  if (!metric.labels().empty() || !extra_label.empty()) {
    out += '{';
    out += metric.labels();
    if (!metric.labels().empty() && !extra_label.empty()) out += ',';
    out += extra_label;
    out += '}';
  }
  out += ' ';
  out += std::to_string(value);
  out += '\n';
}

}  // namespace

Metric::Metric(std::string_view name, std::string_view help, std::string_view labels)
    : name_(name), help_(help), labels_(labels) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.metrics.push_back(this);
}

void Counter::render(std::string& out) const {
  append_sample(out, *this, "", "", value());
}

void Gauge::render(std::string& out) const {
  out += name();
  if (!labels().empty()) {
    out += '{';
    out += labels();
    out += '}';
  }
  out += ' ';
  out += std::to_string(value());
  out += '\n';
}

void Histogram::observe(double seconds) {
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<std::uint64_t>(std::max(seconds, 0.0) * 1e9),
                    std::memory_order_relaxed);
}

double Histogram::quantile(double q) const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
  if (total == 0) return 0;
  const double wanted = q * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    seen += counts_[i].load(std::memory_order_relaxed);
    if (static_cast<double>(seen) >= wanted) return kBounds[i];
  }
  return kBounds.back();
}

void Histogram::render(std::string& out) const {
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    cumulative += counts_[i].load(std::memory_order_relaxed);
    std::string label = "le=\"";
    append_double(label, kBounds[i]);
    label += '"';
    append_sample(out, *this, "_bucket", label, cumulative);
  }
  cumulative += counts_[kBuckets].load(std::memory_order_relaxed);
  append_sample(out, *this, "_bucket", "le=\"+Inf\"", cumulative);
  out += name();
  out += "_sum";
  if (!labels().empty()) {
    out += '{';
    out += labels();
    out += '}';
  }
  out += ' ';
  append_double(out, static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9);
  out += '\n';
  append_sample(out, *this, "_count", "", cumulative);
}

std::string render_metrics() {
  std::vector<const Metric*> sorted;
  {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    sorted = all.metrics;
  }
  std::sort(sorted.begin(), sorted.end(), [](const Metric* a, const Metric* b) {
    return std::pair(a->name(), a->labels()) < std::pair(b->name(), b->labels());
  });
  std::string out;
  std::string_view last;
  for (const Metric* metric : sorted) {
    if (metric->name() != last) {
      last = metric->name();
      out += "# HELP ";
      out += last;
      out += ' ';
      out += metric->help();
      out += "\n# TYPE ";
      out += last;
      out += ' ';
      out += metric->type();
      out += '\n';
    }
    metric->render(out);
  }
  return out;
}

}  // namespace postern
