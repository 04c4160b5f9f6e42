// Metrics: process-wide counters, gauges and latency histograms, exported as Prometheus text.
//
// A metric is a static object with a literal name (postern_*) and registers itself; updates are one
// relaxed atomic. Every name stands in docs/metrics.md, and a test compares the two.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

class Metric {
 public:
  Metric(std::string_view name, std::string_view help, std::string_view labels);
  virtual ~Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view help() const { return help_; }
  // "" or `command="fetch",result="ok"`: fixed per object, never text from a peer.
  [[nodiscard]] std::string_view labels() const { return labels_; }
  [[nodiscard]] virtual std::string_view type() const = 0;
  virtual void render(std::string& out) const = 0;

 private:
  std::string_view name_, help_, labels_;  // literals
};

class Counter final : public Metric {
 public:
  explicit Counter(std::string_view name, std::string_view help, std::string_view labels = {})
      : Metric(name, help, labels) {}
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string_view type() const override { return "counter"; }
  void render(std::string& out) const override;

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge final : public Metric {
 public:
  explicit Gauge(std::string_view name, std::string_view help, std::string_view labels = {})
      : Metric(name, help, labels) {}
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string_view type() const override { return "gauge"; }
  void render(std::string& out) const override;

 private:
  std::atomic<std::int64_t> value_{0};
};

// Latency in seconds, buckets from 100 us to 10 s.
class Histogram final : public Metric {
 public:
  explicit Histogram(std::string_view name, std::string_view help, std::string_view labels = {})
      : Metric(name, help, labels) {}
  void observe(double seconds);
  // Upper bound of the bucket that holds the q-quantile (0..1); 0 without samples.
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] std::string_view type() const override { return "histogram"; }
  void render(std::string& out) const override;

 private:
  static constexpr std::size_t kBuckets = 16;
  std::array<std::atomic<std::uint64_t>, kBuckets + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

// All registered metrics, grouped by name, in Prometheus text exposition format 0.0.4.
[[nodiscard]] std::string render_metrics();

}  // namespace postern
