#include "app/server.h"

#include <unistd.h>

#include <charconv>
#include <thread>

#include "app/accounts.h"
#include "app/certificates.h"
#include "app/maintenance.h"
#include "app/recent_errors.h"
#include "app/sign_in_reporter.h"
#include "app/stop_list.h"
#include "app/version.h"
#include "auth/authenticator.h"
#include "base/log.h"
#include "base/metrics.h"
#include "config/table.h"
#include "crypto/crypto.h"
#include "delivery/service.h"
#include "http/admin.h"
#include "http/server.h"
#include "net/server.h"
#include "session/registry.h"
#include "session/session.h"

namespace postern::app {
namespace {

namespace json = boost::json;

std::size_t cores() {
  return std::max(1u, std::thread::hardware_concurrency());
}

std::shared_ptr<const session::Settings> session_settings(const config::Settings& settings) {
  auto out = std::make_shared<session::Settings>();
  out->hostname = settings.server.hostname;
  out->version = kVersion;
  out->literal_minus = settings.imap.literal_minus;
  out->max_message_size = settings.limits.max_message_size;
  out->compress = settings.imap.compress;
  out->unauthenticate = settings.imap.unauthenticate;
  out->contact = settings.server.contact;
  out->comment = settings.server.comment;
  return out;
}

delivery::Settings delivery_settings(const config::Settings& settings) {
  delivery::Settings out;
  out.lmtp.hostname = settings.server.hostname;
  out.lmtp.max_message_size = settings.limits.max_message_size;
  out.lmtp.reject_bare_newlines = settings.lmtp.bare_newline == config::BareNewline::kReject;
  out.spool_directory = settings.server.data_dir;
  return out;
}

// Mean of a histogram in milliseconds, from the page that Prometheus reads.
double mean_ms(const std::string& metrics, const std::string& name) {
  const auto value_of = [&](const std::string& sample) {
    const std::size_t at = metrics.find("\n" + sample + " ");
    double value = 0;
    if (at == std::string::npos) return value;
    const char* begin = metrics.data() + at + sample.size() + 2;
    std::from_chars(begin, metrics.data() + metrics.size(), value);
    return value;
  };
  const double count = value_of(name + "_count");
  return count == 0 ? 0 : 1000 * value_of(name + "_sum") / count;
}

}  // namespace

struct Server::State {
  State(config::Settings the_settings, Store the_store,
        std::unique_ptr<auth::Authenticator> the_authenticator,
        std::shared_ptr<const tls::TlsContext> the_tls)
      : settings(std::move(the_settings)),
        loops(cores()),
        store(std::move(the_store)),
        authenticator(std::move(the_authenticator)),
        tls(std::move(the_tls)),
        registry(system_clock(), settings.limits.sessions_per_account),
        services{*store.mail,    *store.directory, *authenticator,
                 system_clock(), registry,         session_settings(settings)},
        delivery(*store.mail, *store.directory, system_clock(), crypto::system_random(), spool_pool,
                 delivery_settings(settings)),
        accounts(*store.mail, *store.directory, [this](AccountId id) { registry.kick(id); }),
        server(loops) {}

  task<void> serve_imap(std::unique_ptr<Transport> transport,
                        net::OnAuthenticated on_authenticated) {
    SignInReporter reporter(*authenticator, std::move(on_authenticated));
    session::Services mine{services.store, services.directory, reporter,
                           services.clock, services.registry,  services.settings};
    session::Session session(mine, *transport);
    co_await session.run();
  }

  task<void> serve_lmtp(std::unique_ptr<Transport> transport) {
    const PeerInfo& peer = transport->peer();
    bool allowed = peer.loopback;
    for (const config::Network& network : settings.lmtp.allow_remote)
      allowed = allowed || network.contains(peer.address);
    if (!allowed) {
      log_warn("lmtp_refused",
               {{"peer", peer.address}, {"hint", "lmtp.allow_remote does not name it"}});
      const std::string refusal =
          "554 5.7.1 " + settings.server.hostname + " takes no mail from you\r\n";
      (void)co_await transport->write(refusal, system_clock().now() + std::chrono::seconds(5));
      co_await transport->shutdown();
      co_return;
    }
    Signal stop;
    const StopList::Entry entry(stops, stop);
    co_await delivery.serve(std::move(transport), stop);
  }

  RecentErrors recent_errors;
  config::Settings settings;
  const TimePoint started = system_clock().now();
  net::LoopGroup loops;  // outlives all that posts to a loop: the engine and the pools
  Store store;
  std::unique_ptr<auth::Authenticator> authenticator;
  tls::TlsContextSlot tls;
  ThreadPool spool_pool{2};
  Maintenance maintenance{*store.mail, std::chrono::seconds(5)};
  session::SessionRegistry registry;
  session::Services services;
  StopList stops;
  delivery::Service delivery;
  Accounts accounts;
  net::AdmissionTable admission;
  BoundNames names;
  http::AdminVerbs verbs;
  http::HttpRoutes routes;
  net::Server server;  // last: its connections use everything above
};

Result<std::unique_ptr<Server>> Server::create(config::Settings settings, Store store,
                                               std::shared_ptr<const tls::TlsContext> tls) {
  if (!tls) {
    POSTERN_TRY(tls, load_self_signed(settings, nullptr, system_clock()));
  }
  auth::Authenticator::Options options;
  options.hash_threads = cores();
  auto authenticator =
      auth::Authenticator::create(*store.directory, crypto::system_random(), options);
  if (!authenticator) return fail(Errc::kUnavailable, "no memory for password hashes");
  return std::unique_ptr<Server>(new Server(std::make_unique<State>(
      std::move(settings), std::move(store), std::move(authenticator), std::move(tls))));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {
  State& s = *state_;
  s.accounts.add_to(s.verbs);
  s.verbs.add("status", [this](json::object) { return answer_status(); });
  http::add_operating_routes(s.routes, [this] { return health(); });
}

Server::~Server() = default;

void Server::start(Listeners listeners) {
  State& s = *state_;
  s.names = listeners.names();
  net::ServeOptions imaps;
  imaps.tls = &s.tls;
  imaps.admission = &s.admission;
  net::ServeOptions lmtp;
  lmtp.max_connections = 100;  // LIMIT
  lmtp.refusal = postern::lmtp::Machine::closing(s.settings.server.hostname,
                                                 "has too many connections, try again");
  // Idle keep-alive connections of monitors must not hold up a stop.
  net::ServeOptions operating;
  operating.max_connections = 64;  // LIMIT
  operating.on_stop = net::OnStop::kAbort;
  for (net::Listener& listener : listeners.imaps) {
    s.server.serve(
        std::move(listener), imaps,
        [&s](std::unique_ptr<Transport> transport, net::OnAuthenticated on_authenticated) {
          return s.serve_imap(std::move(transport), std::move(on_authenticated));
        });
  }
  for (net::Listener& listener : listeners.lmtp) {
    s.server.serve(std::move(listener), lmtp,
                   [&s](std::unique_ptr<Transport> transport, net::OnAuthenticated) {
                     return s.serve_lmtp(std::move(transport));
                   });
  }
  for (net::Listener& listener : listeners.http) {
    s.server.serve(std::move(listener), operating,
                   [&s](std::unique_ptr<Transport> transport, net::OnAuthenticated) {
                     return http::serve_http(std::move(transport), s.routes);
                   });
  }
  for (net::Listener& listener : listeners.admin) {
    s.server.serve(std::move(listener), operating,
                   [&s](std::unique_ptr<Transport> transport, net::OnAuthenticated) {
                     return http::serve_admin(std::move(transport), s.verbs);
                   });
  }
}

Result<void> Server::reload(const config::Settings& wanted, const tls::ReadFile& read) {
  State& s = *state_;
  config::Settings next = s.settings;
  for (const config::Setting* setting : config::changed_settings(s.settings, wanted)) {
    if (setting->reload == config::Reload::kOnRestart) {
      log_warn("setting_needs_restart", {{"key", setting->key}});
    }
  }
  next.server.drain = wanted.server.drain;
  next.tls = wanted.tls;
  next.log = wanted.log;
  next.limits.sessions_per_account = wanted.limits.sessions_per_account;

  // Also without a change of the settings: the files may hold a renewed certificate.
  const std::shared_ptr<const tls::TlsContext> previous = s.tls.get();
  POSTERN_TRY(std::shared_ptr<const tls::TlsContext> context,
              next.tls.certificates.empty()
                  ? load_self_signed(next, previous.get(), system_clock())
                  : load_configured(next, previous.get(), system_clock(), read));
  s.tls.set(std::move(context));
  set_log(next.log.format, next.log.level);
  s.registry.set_per_account(next.limits.sessions_per_account);
  s.settings.server.drain = next.server.drain;
  s.settings.tls = next.tls;
  s.settings.log = next.log;
  s.settings.limits.sessions_per_account = next.limits.sessions_per_account;
  return {};
}

bool Server::drain() {
  State& s = *state_;
  s.server.stop_accepting();
  const std::size_t sessions = s.registry.close_all(session::CloseReason::kShutdown);
  s.stops.stop();
  s.delivery.hurry();
  const std::size_t aborted = s.server.finish(s.settings.server.drain);
  log_info("drained", {{"sessions", sessions}, {"aborted", aborted}});
  return s.server.connections() == 0;
}

void Server::stop_hard() {
  State& s = *state_;
  s.store.engine->stop();
  log_error("stopped_hard", {{"connections", s.server.connections()}});
}

task<Result<json::object>> Server::answer_status() const {
  co_return status();
}

http::Health Server::health() const {
  const engine::Space space = state_->store.engine->space();
  json::object out;
  out["status"] = space.accepting ? "ok" : "not accepting mail";
  out["version"] = kVersion;
  return {.healthy = space.accepting, .json = json::serialize(out)};
}

json::object Server::status() const {
  const State& s = *state_;
  json::object out;
  out["version"] = kVersion;
  out["pid"] = getpid();
  out["uptime_seconds"] =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock().now() - s.started).count();
  out["data_dir"] = s.settings.server.data_dir;
  json::object listen;
  listen["imaps"] = json::value_from(s.names.imaps);
  listen["lmtp"] = json::value_from(s.names.lmtp);
  listen["http"] = json::value_from(s.names.http);
  listen["admin"] = json::value_from(s.names.admin);
  out["listen"] = std::move(listen);
  json::array certificates;
  for (const tls::CertificateInfo& info : s.tls.get()->certificates()) {
    json::object one;
    one["file"] = info.file;
    one["names"] = json::value_from(info.dns_names);
    one["issuer"] = info.issuer;
    one["days_left"] = info.days_left(system_clock().unix_seconds());
    one["fingerprint"] = info.fingerprint;
    certificates.push_back(std::move(one));
  }
  out["certificates"] = std::move(certificates);
  out["accounts"] = s.store.directory->list().size();
  out["sessions"] = s.registry.size();
  out["connections"] = s.server.connections();
  const engine::Space space = s.store.engine->space();
  out["storage"] = json::object{
      {"accepting", space.accepting}, {"free", space.free_bytes}, {"used", space.used_bytes}};
  out["commit_ms"] = mean_ms(render_metrics(), "postern_engine_commit_seconds");
  out["last_errors"] = json::value_from(s.recent_errors.lines());
  return out;
}

}  // namespace postern::app
