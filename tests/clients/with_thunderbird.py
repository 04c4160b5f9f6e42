#!/usr/bin/env python3
"""Thunderbird ESR from Debian, headless, steered through Marionette.

It lists the folders, downloads the inbox, and what it flags, moves and stores is seen by a second
client; what the second client does is seen by it while it idles.
"""
import base64
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import clients, corpus, harness, imap, lmtp, servers
from lib.harness import check, equal, note, test
from lib.marionette import Marionette

PRELUDE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const server = MailServices.accounts.allServers.find(s => s.type == "imap");
const until = async (what, condition, seconds = 30) => {
  for (let left = seconds * 50; left > 0; --left) {
    const value = condition();
    if (value) return value;
    await new Promise(go => setTimeout(go, 20));
  }
  throw new Error("gave up waiting for " + what);
};
const listen = start => new Promise((resolve, reject) => start({
  QueryInterface: ChromeUtils.generateQI(["nsIUrlListener", "nsIMsgCopyServiceListener"]),
  OnStartRunningUrl() {},
  OnStopRunningUrl(url, status) {
    Components.isSuccessCode(status) ? resolve() : reject(new Error("status " + status.toString(16)));
  },
  onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; },
  onStopCopy(status) {
    Components.isSuccessCode(status) ? resolve() : reject(new Error("status " + status.toString(16)));
  },
}));
const online = f => f.QueryInterface(Ci.nsIMsgImapMailFolder).onlineName;
const folder = name => server.rootFolder.descendants.find(f => online(f) == name);
const inbox = () => server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const header = (where, uid) => [...where.messages].find(h => h.messageKey == uid);
"""

# What would reach for the network, ask questions or act on its own is off.
PREFERENCES = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.identity.id1.fullName": "Test User",
    "mail.identity.id1.useremail": clients.ADDRESS,
    "mail.identity.id1.valid": True,
    "mail.server.server1.type": "imap",
    "mail.server.server1.hostname": "localhost",
    "mail.server.server1.userName": clients.ADDRESS,
    "mail.server.server1.name": "Postern",
    "mail.server.server1.socketType": 3,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.login_at_startup": False,
    "mail.server.server1.check_new_mail": False,
    "mail.server.server1.offline_download": True,
    "mail.server.server1.autosync_offline_stores": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "mail.biff.show_alert": False,
    "mail.biff.play_sound": False,
    "mail.phishing.detection.enabled": False,
    "mail.inappnotifications.enabled": False,
    "mail.inappnotifications.url": "",
    "calendar.timezone.useSystemTimezone": True,
    "app.update.enabled": False,
    "app.update.auto": False,
    "app.donation.eoy.version.viewed": 999,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.blocklist.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": "localhost",
    "security.OCSP.enabled": 0,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
}


class Thunderbird:
    def __init__(self, server, home):
        self.program = harness.need("thunderbird", "thunderbird")
        self.home, self.server = home, server
        self.profile = os.path.join(home, "profile")
        self.port = servers.free_port()
        preferences = {**PREFERENCES, "mail.server.server1.port": server.imaps_port,
                       "marionette.port": self.port}
        clients.write(self.profile, "user.js", "".join(
            f"user_pref({quoted(name)}, {quoted(value)});\n" for name, value in preferences.items()))

    def __enter__(self):
        self.log = open(os.path.join(self.home, "thunderbird.log"), "wb")
        env = {"HOME": self.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "MOZ_HEADLESS": "1",
               "TMPDIR": self.home, "MOZ_CRASHREPORTER_DISABLE": "1", "XDG_RUNTIME_DIR": self.home,
               "DBUS_SESSION_BUS_ADDRESS": "disabled:", "NO_AT_BRIDGE": "1"}
        self.process = subprocess.Popen(
            [self.program, "--headless", "--marionette", "-remote-allow-system-access", "--no-remote",
             "--profile", self.profile], env=env, cwd=self.home, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, start_new_session=True)
        self.remote = Marionette(self.port, self.process)
        return self

    def __exit__(self, *_):
        if hasattr(self, "remote"):
            self.remote.quit()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)  # its own session: Thunderbird and its helpers only
            self.process.wait()
        self.log.close()

    def run(self, script, *arguments, seconds=60):
        return self.remote.run(PRELUDE + script, *arguments, seconds=seconds)

    def trust_and_sign_in(self):
        with open(self.server.ca_file) as pem:
            der = "".join(line.strip() for line in pem if "-----" not in line)
        self.run("""
          const [der, user, password] = args;
          Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
            .addCertFromBase64(der, "C,,");
          const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
          login.init("imap://localhost", null, "imap://localhost", user, password, "", "");
          await Services.logins.addLoginAsync(login);
        """, der, clients.ADDRESS, clients.PASSWORD)

    def version(self):
        return self.run("return Services.appinfo.version")


def quoted(value):
    import json
    return json.dumps(value)


def list_folders(thunderbird):
    return thunderbird.run("""
      await listen(l => inbox().getNewMessages(null, l));  // signs in and discovers the folders
      await until("the folder list", () => inbox() && folder("Archive"));
      return server.rootFolder.descendants.map(f => [online(f), f.flags]);
    """)


def download_inbox(thunderbird, count):
    """Fetches all messages for offline use; returns {uid: sha256 with LF line ends}."""
    thunderbird.run("""
      const box = inbox();
      await listen(l => box.getNewMessages(null, l));
      await until("all headers", () => box.getTotalMessages(false) == args[0], 90);
    """, count, seconds=120)
    thunderbird.run("""
      const box = inbox().QueryInterface(Ci.nsIMsgImapMailFolder);
      box.setFlag(Ci.nsMsgFolderFlags.Offline);
      await listen(l => inbox().downloadAllForOffline(l, null));
      await until("the bodies", () => [...inbox().messages].every(
        h => h.flags & Ci.nsMsgMessageFlags.Offline), 90);
    """, seconds=150)
    encoded = thunderbird.run("""
      const found = {};
      for (const h of inbox().messages) {
        const stream = inbox().getMsgInputStream(h, {});
        const reader = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream);
        reader.setInputStream(stream);
        let text = "";
        for (let n; (n = reader.available()) > 0;) text += reader.readBytes(n);
        reader.close();
        found[h.messageKey] = btoa(text);
      }
      return found;
    """, seconds=120)
    return {int(uid): corpus.sha256(without_own_headers(corpus.normal(base64.b64decode(text))))
            for uid, text in encoded.items()}


def without_own_headers(octets):
    """Thunderbird writes its X-Mozilla-Status lines on top of what it stores."""
    return re.sub(rb"\A(X-Mozilla-[^\n]*\n)+", b"", octets)


def seen_by(second, act, what):
    """Runs act() while the second client idles; returns the seconds until it hears of it."""
    tag, _ = second.idle()
    began = time.monotonic()
    act()
    acted = time.monotonic()
    heard = second.responses_for(5, until=what)
    after = time.monotonic()
    second.done(tag)
    check(heard and what(heard[-1]), f"the second client heard only {heard}")
    return after - acted, after - began


@test
def lists_downloads_flags_and_moves():
    with clients.filled_server(150, largest=300_000) as (server, originals), clients.scratch() as home, \
            Thunderbird(server, home) as thunderbird:
        version = thunderbird.version()
        thunderbird.trust_and_sign_in()
        folders = {name: flags for name, flags in list_folders(thunderbird)}
        for name, flag in (("INBOX", 0x1000), ("Drafts", 0x400), ("Sent", 0x200), ("Trash", 0x100),
                           ("Junk", 0x40000000), ("Archive", 0x4000)):
            check(name in folders, f"Thunderbird does not show {name}: {sorted(folders)}")
            check(folders[name] & flag, f"{name} has flags {folders[name]:#x}, not its special use")

        found = download_inbox(thunderbird, len(originals))
        with imap.session(server) as check_session:
            truth = {uid: corpus.sha256(corpus.normal(body))
                     for uid, (body, _) in imap.bodies(check_session, "INBOX").items()}
        differing = [originals[uid - 1].name for uid in truth if found.get(uid) != truth[uid]]
        equal(differing, [], "messages that Thunderbird holds differently")

        second = imap.session(server)
        second.select("INBOX")
        slowest = 0.0
        for uid in (2, 3, 4):
            flag = "inbox().markMessagesFlagged([header(inbox(), args[0])], true);"
            after, whole = seen_by(second, lambda: thunderbird.run(flag, uid),
                                   lambda raw: b"FETCH" in raw and b"\\Flagged" in raw)
            slowest = max(slowest, after)
        note(f"a flag set in Thunderbird reached the second client {slowest * 1000:.0f} ms after the call")
        check(slowest < max(1.0, server.push_limit), f"a flag took {slowest:.2f} s to the second client")

        # The other direction: Thunderbird idles on the inbox and hears of flags and of new mail.
        began = time.monotonic()
        second.ok("UID STORE 5 +FLAGS.SILENT (\\Flagged)")
        thunderbird.run("""await until("the flag", () => header(inbox(), 5).isFlagged, 10)""")
        note(f"a flag set elsewhere showed in Thunderbird after {(time.monotonic() - began) * 1000:.0f} ms")
        fresh = corpus.simple(777, "while Thunderbird idles")
        lmtp.deliver_all(server, clients.ADDRESS, [fresh])
        thunderbird.run("""await until("new mail", () => [...inbox().messages].some(
                             h => h.messageId == "777.test@example.net"), 10)""")

        moved = next(body for uid, body in truth.items() if uid == 6)
        thunderbird.run("""
          await listen(l => MailServices.copy.copyMessages(
            inbox(), [header(inbox(), 6)], folder("Archive"), true, l, null, false));
        """)
        equal(clients.hashes(body for body, _ in clients.on_server(server, "Archive")), [moved],
              "Archive after the move")
        path = os.path.join(home, "draft.eml")
        draft = corpus.simple(888, "a draft from Thunderbird")
        with open(path, "wb") as out:
            out.write(draft)
        thunderbird.run("""
          const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
          file.initWithPath(args[0]);
          await listen(l => MailServices.copy.copyFileMessage(
            file, folder("Drafts"), null, true, Ci.nsMsgMessageFlags.Read, "", l, null));
        """, path)
        (stored, flags), = clients.on_server(server, "Drafts")
        equal(corpus.normal(stored), corpus.normal(draft), "the stored draft")
        thunderbird.run("""
          await listen(l => inbox().deleteMessages([header(inbox(), 7)], null, false, true, l, false));
        """)
        equal(clients.hashes(body for body, _ in clients.on_server(server, "Trash")), [truth[7]], "Trash")
        left = clients.on_server(server)
        equal(len(left), len(originals) - 2 + 1, "left in the inbox")
        flagged = [number for number, (_, flags) in enumerate(left, 1) if "\\Flagged" in flags]
        equal(flagged, [2, 3, 4, 5], "flagged on the server")
        second.logout()
        harness.record("Thunderbird ESR", version,
                       "folders with special uses, inbox downloaded (SHA of every body), flags and new mail "
                       "in both directions while idle, move, delete to Trash, draft stored")


harness.main()
