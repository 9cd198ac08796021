"""Writes the answers of a webhook with Twilio's library: a list of TwiML documents, as JSON."""

import json
import sys

from twilio.twiml.messaging_response import MessagingResponse


def plain():
    response = MessagingResponse()
    response.message("Thanks & bye <3")
    return response


def nested():
    response = MessagingResponse()
    message = response.message()
    message.body("Grüße, \N{SNOWMAN}")
    message.media("https://example.com/picture.png")
    return response


def several():
    response = MessagingResponse()
    response.message("One")
    response.message("Two")
    return response


json.dump([str(response) for response in (plain(), nested(), several(), MessagingResponse())], sys.stdout)
