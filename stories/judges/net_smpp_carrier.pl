#!/usr/bin/perl
# A carrier that uses Perl's Net::SMPP. It prints its port, and then each message that it takes, as JSON. Every message is
# reported as delivered.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0) or die "can't listen: $!\n";
print $listener->sockport, "\n";

while (1) {
    my $session = $listener->accept or next;
    serve($session);
}

sub serve {
    my ($session) = @_;
    my $taken = 0;
    while (my $pdu = $session->read_pdu()) {
        my $cmd = $pdu->{cmd};
        if ($cmd == Net::SMPP::CMD_bind_transceiver) {
            $session->bind_transceiver_resp(seq => $pdu->seq, status => 0, system_id => 'net-smpp');
        } elsif ($cmd == Net::SMPP::CMD_submit_sm) {
            my $id = sprintf '%08X', 0xC0FFEE + $taken++;
            $session->submit_sm_resp(seq => $pdu->seq, status => 0, message_id => $id);
            print encode_json({
                to          => $pdu->{destination_addr},
                from        => $pdu->{source_addr},
                data_coding => $pdu->{data_coding},
                esm_class   => $pdu->{esm_class},
                hex         => unpack('H*', $pdu->{short_message}),
            }), "\n";
            # In decimal, as some carriers do.
            my $reported = hex $id;
            $session->deliver_sm(
                async            => 1,
                source_addr      => $pdu->{destination_addr},
                destination_addr => $pdu->{source_addr},
                esm_class        => 4,
                short_message    => "id:$reported sub:001 dlvrd:001 submit date:2611211200 done date:2611211200 "
                    . "stat:DELIVRD err:000 text:",
            );
        } elsif ($cmd == Net::SMPP::CMD_enquire_link) {
            $session->enquire_link_resp(seq => $pdu->seq);
        } elsif ($cmd == Net::SMPP::CMD_unbind) {
            $session->unbind_resp(seq => $pdu->seq);
            last;
        }
    }
    close $session;
}
