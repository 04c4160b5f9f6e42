#!/usr/bin/perl
# Reads every ENVELOPE and BODYSTRUCTURE of a mailbox with Mail::IMAPClient and prints one JSON line
# for each message; exits with 1 when the module cannot make sense of one.
use strict;
use warnings;
use JSON::PP;
use Mail::IMAPClient;
use Mail::IMAPClient::BodyStructure;

my ($port, $ca, $user, $mailbox) = @ARGV;
chomp(my $password = <STDIN>);
my $json = JSON::PP->new->canonical->ascii;

my $client = Mail::IMAPClient->new(
    Server => 'localhost', Port => $port, User => $user, Password => $password, Uid => 1,
    Ssl => [SSL_ca_file => $ca, SSL_verify_mode => 1, SSL_verifycn_scheme => 'imap', SSL_hostname => 'localhost'],
) or die "connect: $@\n";
if ($mailbox eq '--version') {
    print "$Mail::IMAPClient::VERSION\n";
    exit 0;
}
$client->examine($mailbox) or die 'examine: ' . $client->LastError . "\n";

# get_envelope and get_bodystructure fetch and parse; they return nothing when the grammar fails.
my $failed = 0;
for my $uid ($client->messages) {
    my $structure = $client->get_bodystructure($uid);
    my $envelope = $client->get_envelope($uid);
    $failed = 1 if !$structure || !$envelope;
    print $json->encode({
        uid => $uid + 0,
        structure => $structure ? lc($structure->bodytype . '/' . $structure->bodysubtype) : undef,
        parts => $structure ? scalar(@{[$structure->parts]}) : 0,
        from => $envelope ? (ref $envelope->from ? scalar @{$envelope->from} : 0) : undef,
    }), "\n";
}
$client->logout;
exit $failed;
