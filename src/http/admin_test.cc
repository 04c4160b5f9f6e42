// The admin channel end to end: verbs, errors, limits, and who may use it.
#include "http/admin.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json/serialize.hpp>
#include <filesystem>

#include "base/executor.h"
#include "base/log.h"
#include "http/admin_client.h"
#include "net/server.h"
#include "net/test_support.h"

namespace postern::http {
namespace {

using namespace net::testing;
namespace json = boost::json;

task<Result<json::object>> echo(json::object arguments) {
  co_await Yield{};
  co_return json::object{{"echo", std::move(arguments)}};
}
task<Result<json::object>> missing(json::object) {
  co_return fail(Errc::kNotFound, "there is no account a@example.org");
}
task<Result<json::object>> long_list(json::object) {
  json::array list;
  for (int i = 0; i < 20'000; ++i) list.push_back("account@example.org");
  co_return json::object{{"accounts", std::move(list)}};
}
task<Result<json::object>> never(json::object) {
  co_await net::sleep_until(after(std::chrono::milliseconds(300)));
  co_return json::object{};
}

class AdminTest : public ::testing::Test {
 protected:
  AdminTest() {
    char name[] = "/tmp/postern-admin-XXXXXX";
    directory_ = ::mkdtemp(name);
    verbs_.add("echo", echo);
    verbs_.add("missing", missing);
    verbs_.add("long", long_list);
    verbs_.add("never", never);
    auto listener = net::Listener::bind("unix:" + directory_ + "/admin.sock");
    name_ = listener->name();
    server_.serve(std::move(*listener), {},
                  [this](std::unique_ptr<Transport> stream, net::OnAuthenticated) {
                    return serve_admin(std::move(stream), verbs_, std::chrono::seconds(5));
                  });
  }
  ~AdminTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_, name_;
  AdminVerbs verbs_;
  net::LoopGroup loops_{1};
  net::Server server_{loops_};
};

TEST_F(AdminTest, CallsVerbsOneAfterTheOther) {
  auto client = AdminClient::connect(name_);
  ASSERT_TRUE(client) << client.error().detail;
  const auto result = client->call("echo", {{"address", "a@example.org"}, {"quota", 5}});
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(json::serialize(*result), R"({"echo":{"address":"a@example.org","quota":5}})");
  const auto text = client->call("echo", {{"name", "line\nbreak \"and\" \\ ü \u0001"}});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->at("echo").at("name"), "line\nbreak \"and\" \\ ü \u0001");
  const auto list = client->call("long", {});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at("accounts").as_array().size(), 20'000u);
}

TEST_F(AdminTest, ErrorsArriveWithCodeAndText) {
  auto client = AdminClient::connect(name_.substr(5));
  ASSERT_TRUE(client);
  const auto missing_account = client->call("missing", {});
  ASSERT_FALSE(missing_account);
  EXPECT_EQ(missing_account.error().code, Errc::kNotFound);
  EXPECT_EQ(missing_account.error().detail, "there is no account a@example.org");
  EXPECT_FALSE(client->call("unknown", {}));
  EXPECT_TRUE(client->call("echo", {})) << "the connection goes on";
}

TEST_F(AdminTest, WhatIsNoRequestIsAnswered) {
  const Fd fd = connect_to(name_);
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  for (const std::string& line :
       {std::string("nonsense"), std::string("{}"), std::string("[]"), std::string(""),
        std::string(R"({"verb":7})"), std::string(R"({"verb":"echo","arguments":[]})"),
        R"({"verb":"echo","arguments":)" + deep + "}", std::string("{\"verb\":\"\0\"}", 12)}) {
    ASSERT_TRUE(send_all(fd.get(), line + "\n"));
    const std::string reply = read_some(fd.get());
    EXPECT_TRUE(reply.starts_with(R"({"ok":false,"code":"invalid")")) << line << " -> " << reply;
  }
}

TEST_F(AdminTest, TheRequestIsBounded) {
  const auto sized = [](std::size_t size) {
    std::string line = R"({"verb":"echo","arguments":{"x":""}})";
    line.insert(line.size() - 3, std::string(size - line.size(), 'x'));
    return line;
  };
  auto client = AdminClient::connect(name_);
  ASSERT_TRUE(client);
  const Fd fits = connect_to(name_);
  std::thread sender([&] { (void)send_all(fits.get(), sized(kMaxAdminRequest) + "\n"); });
  std::string reply;
  while (!reply.ends_with('\n')) {
    const std::string more = read_some(fits.get());
    if (more.empty()) break;
    reply += more;
  }
  sender.join();
  EXPECT_TRUE(reply.starts_with(R"({"ok":true)")) << reply.substr(0, 100);
  const auto result = client->call("echo", {{"x", std::string(100'000, 'x')}});
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().code == Errc::kTooBig || result.error().code == Errc::kClosed);
}

TEST_F(AdminTest, AnAnswerThatDoesNotComeIsATimeout) {
  auto client = AdminClient::connect(name_);
  ASSERT_TRUE(client);
  const auto result = client->call("never", {}, std::chrono::milliseconds(20));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kTimeout);
}

TEST_F(AdminTest, NobodyThereIsUnavailable) {
  const auto nothing = AdminClient::connect(directory_ + "/none.sock");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::kUnavailable);
  server_.stop_accepting();
  EXPECT_EQ(AdminClient::connect(name_).error().code, Errc::kUnavailable);
}

// A peer as the kernel would report it.
class Stranger final : public Transport {
 public:
  explicit Stranger(std::string& out) : out_(out) { peer_.uid = 12345678; }
  task<Result<Wake>> wait(Signal*, TimePoint) override { co_return Wake::kReadable; }
  task<Result<std::size_t>> read(std::span<char>, TimePoint) override {
    ADD_FAILURE() << "nothing is read from a stranger";
    co_return std::size_t{0};
  }
  task<Result<void>> write(std::string_view bytes, TimePoint) override {
    out_ += bytes;
    co_return Result<void>();
  }
  task<void> shutdown() override { co_return; }
  void abort() override {}
  const PeerInfo& peer() const override { return peer_; }

 private:
  std::string& out_;
  PeerInfo peer_;
};

task<bool> serve_stranger(std::string& out, const AdminVerbs& verbs) {
  co_await serve_admin(std::make_unique<Stranger>(out), verbs);
  co_return true;
}

TEST_F(AdminTest, OtherUsersAreRefused) {
  set_log_sink([](LogLevel, std::string_view) {});
  std::string out;
  ManualExecutor executor;
  EXPECT_TRUE(run_blocking(executor, serve_stranger(out, verbs_)));
  set_log_sink(nullptr);
  EXPECT_TRUE(out.starts_with(R"({"ok":false,"code":"no_permission")")) << out;
}

}  // namespace
}  // namespace postern::http
