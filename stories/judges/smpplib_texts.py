"""How smpplib codes a text, cuts it into parts and gives these their headers."""

from smpplib import consts, gsm


def parts_of(message):
    """The submit_sm that a message becomes: lists of their fields."""
    kind = message["kind"]
    if kind == "binary":
        return [{"short_message": bytes.fromhex(message["hex"]), "data_coding": consts.SMPP_ENCODING_BINARY}]
    coding = {"gsm7": consts.SMPP_ENCODING_DEFAULT, "ucs2": consts.SMPP_ENCODING_ISO10646}[message["coding"]]
    if kind == "payload":
        encode = gsm.ENCODINGS[coding][0]
        return [{"short_message": b"", "message_payload": encode(message["text"]), "data_coding": coding}]
    parts, coding, esm_class = gsm.make_parts(message["text"], encoding=coding)
    if kind == "sar":
        header = 6
        return [
            {
                "short_message": part[header:],
                "data_coding": coding,
                "sar_msg_ref_num": part[3],
                "sar_total_segments": part[4],
                "sar_segment_seqnum": part[5],
            }
            for part in parts
        ]
    return [{"short_message": part, "data_coding": coding, "esm_class": esm_class} for part in parts]
