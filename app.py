"""Builds the app and registers every door; no logic."""

from chalice.app import Chalice

from chalicelib import api
from chalicelib.triggers import derive, imports, inbound_mail, intake_queue, sweep, work

app = Chalice(app_name="leadger")
api.register(app)
for trigger in (derive, imports, inbound_mail, intake_queue, sweep, work):
    app.register_blueprint(trigger.door)
