#!/usr/bin/perl
# A customer that uses Perl's Net::SMPP. It reads what to send from its input, as JSON, and prints the identifiers that it
# got, by recipient, and what was reported of each.
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

my $order = decode_json(do { local $/; <STDIN> });
$SIG{ALRM} = sub { die "what was to come has not come\n" };
alarm 60;

my ($smpp, $bound) = Net::SMPP->new_transceiver(
    $order->{host},
    port             => $order->{port},
    system_id        => $order->{system_id},
    password         => $order->{password},
    enquire_interval => 0,
) or die "no session: $!\n";
die "bind answered with " . $bound->explain_status() . "\n" if $bound->status != 0;

my (%to_of, %ids, %reports);
for my $message (@{ $order->{messages} }) {
    my $seq = $smpp->submit_sm(
        async               => 1,
        source_addr_ton     => 5,
        source_addr         => $message->{from},
        dest_addr_ton       => 1,
        dest_addr_npi       => 1,
        destination_addr    => $message->{to},
        data_coding         => $message->{data_coding},
        short_message       => pack('H*', $message->{hex}),
        registered_delivery => 1,
    );
    $to_of{$seq} = $message->{to};
}

my $wanted = @{ $order->{messages} };
while (keys(%ids) < $wanted || keys(%reports) < $wanted) {
    my $pdu = $smpp->read_pdu() or die "the session has ended\n";
    if ($pdu->{cmd} == Net::SMPP::CMD_submit_sm_resp) {
        die "submit_sm answered with " . $pdu->explain_status() . "\n" if $pdu->status != 0;
        $ids{ $to_of{ $pdu->seq } } = $pdu->{message_id};
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_deliver_sm) {
        $smpp->deliver_sm_resp(seq => $pdu->seq, message_id => '');
        my ($id, $stat) = $pdu->{short_message} =~ /^id:(\S+) .* stat:(\S+) err:/ or die "no receipt\n";
        push @{ $reports{$id} }, $stat;
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
        $smpp->enquire_link_resp(seq => $pdu->seq);
    }
}
my $gone = $smpp->unbind();
die "unbind was not answered\n" unless $gone && $gone->status == 0;
print encode_json({ ids => \%ids, reports => \%reports }), "\n";
