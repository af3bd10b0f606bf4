"""A plan from draft to force, a child's consent and the dates of the follow-up, as the shipped forms and
rules say: over the API and the pages, with nothing that is programmed for plans.

Proves R-A3-02 R-A3-05 R-A3-09 R-2.3.2-03 R-2.3.3-02 R-2.3.3-03 R-6.2.1.1-02.
"""
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import Api, Browser, Server, demo, finish, ok, scratch, token  # noqa: E402

TODAY = datetime.date.today()
TOLD = ["purpose", "collection_storage_use", "sharing", "right_to_refuse", "no_effect_on_services"]
OPEN_PARTS = ["financial_allocation", "vocational_training", "housing_food_nutrition",
              "legal_documentation", "education_skills", "transport", "security", "psychosocial",
              "family_needs_counselling"]


def ago(days):
    return (TODAY - datetime.timedelta(days)).isoformat()


class Desk:
    """A case manager and a supervisor at work."""

    def __init__(self, server, database):
        self.api = Api(server, token(database, "casemanager"))
        self.worker, self.supervisor = Browser(server), Browser(server)
        self.worker.sign_in("casemanager")
        self.supervisor.sign_in("supervisor")

    def new(self, kind, parent, **answers):
        body = {"parent": parent, "answers": answers} if parent else {"answers": answers}
        status, _, text = self.api.call("POST", "/records/" + kind, body)
        record = json.loads(text)
        if status != 201:
            record = {"refused": [p["field"] for p in record["problems"]]}
        return record

    def read(self, record):
        return json.loads(self.api.get(f"/records/{record['kind']}/{record['id']}")[2])

    def change(self, record, **answers):
        now = self.read(record)
        self.api.call("PUT", f"/records/{record['kind']}/{record['id']}",
                      {"version": now["version"], "answers": {**now["answers"], **answers}})

    def move(self, record, to, browser=None, reason=""):
        """The status afterwards, and what the page said."""
        path = f"/records/{record['kind']}/{record['id']}/status"
        browser = browser or self.worker
        browser.open(f"{path}?to={to}")
        _, _, text = browser.open(path, {"to": to, "reason": reason,
                                            "version": self.read(record)["version"]})
        return self.read(record)["status"], text

    def sign(self, plan, days):
        """The person signs, so many days ago; the status afterwards."""
        path = f"/plans/{plan['id']}/sign"
        self.worker.open(path)
        self.worker.open(path, {"by": "returnee", "mode": "typed", "name": "Name", "place": "Thiès",
                                "on": ago(days), "version": self.read(plan)["version"]})
        return self.read(plan)["status"]


def line(section, code, dimension, part, costs):
    return {"line_section": section, "line_code": code, "line_dimension": dimension,
            "line_component": part, "line_need": "Need", "line_action": "Action",
            "line_responsible": "returnee", "line_needs_referral": "no", "line_status": "planned",
            "costs": [{"goods_equipment_service": "Goods", "estimated_cost": c} for c in costs]}


def consent(desk, person, **answers):
    return desk.new("consent", person["id"], purposes=["assistance"], data_categories=["plan"],
                    language="en", form_version="1", explained=TOLD, given_at=ago(1), mode="written",
                    **answers)


def test_plan(desk):
    person = desk.new("person", None, names=[{"name_text": "Plantest Zwei"}], sex="female",
                      birth_date="1990-01-01", birth_precision="day")
    case = desk.new("case", person["id"], opened=ago(200))
    desk.new("return_event", person["id"], arrival_date=ago(210))
    lines = [line("longer_term", "income_generating_activity", "economic", "income_generation",
                  ["1250 XOF", "300 XOF"]),
             line("immediate", "medical", "social", "medical_health", ["50 XOF"])]
    wrong = desk.new("plan", case["id"], objectives="A shop", currency="EUR", lines=lines)
    ok(len(wrong.get("refused", [])) == 3, "costs in another currency than the plan's are refused", wrong)
    plan = desk.new("plan", case["id"], objectives="A shop", summary_economic="A", currency="XOF",
                    summary_social="B", ceiling="5000 XOF", lines=lines)
    answers = desk.read(plan)["answers"]
    ok(answers["total_cost"] == "1600 XOF" and answers["over_ceiling"] == "no", "the total is computed",
       answers)
    page = desk.worker.open("/records/plan/" + plan["id"])[2]
    ok("Goods, 1,250 XOF; Goods, 300 XOF" in page, "the page tells the costs of each line", page)
    ok(answers["lines"][0]["line_key"] not in page, "its marks are not shown to people")
    ok(len({row["line_key"] for row in answers["lines"]}) == 2, "each line has a mark of its own")
    ok(desk.move(plan, "submitted")[0] == "draft", "parts without an action or a note stop it", answers)
    desk.change(plan, **{"without_" + part: "Not now" for part in OPEN_PARTS})
    ok(desk.move(plan, "submitted")[0] == "draft", "a dimension without summary or note stops it")
    desk.change(plan, no_psychosocial_note="None wanted")
    ok(desk.move(plan, "submitted")[0] == "submitted", "a plan that considers all parts is submitted")
    ok(desk.move(plan, "approved")[0] == "submitted", "its author does not approve it")
    ok(desk.move(plan, "approved", desk.supervisor)[0] == "approved", "a supervisor does")
    ok(desk.move(plan, "agreed")[0] == "approved", "an unsigned plan is not agreed")
    ok(desk.sign(plan, 190) == "agreed", "signed by the person it is")
    # Proves R-2.3.2-02: no plan comes into force without exit strategy, monitoring and sharing rule.
    ok(desk.move(plan, "active")[0] == "agreed", "without an exit strategy it stays out of force")
    desk.change(plan, exit_end_date=ago(-20), exit_how="Handed on", monitoring_how="Visits",
                sharing_rule="Little")
    ok(not desk.read(plan)["answers"].get("exit_how"), "what is agreed on is not written over")
    ok(desk.move(plan, "draft", reason="No end is written")[0] == "draft", "it goes back first")
    desk.change(plan, exit_end_date=ago(-20), exit_how="Handed on", monitoring_how="Visits",
                sharing_rule="Little")
    ok(not desk.read(plan)["answers"].get("approvals"), "and loses its signatures")
    desk.move(plan, "submitted")
    desk.move(plan, "approved", desk.supervisor)
    ok(desk.sign(plan, 190) == "agreed", "and is agreed on again")
    given = consent(desk, person, about="plan", components=["income_generation"], about_child="no",
                    giver="self")
    ok(desk.move(given, "given")[0] == "given", "an adult consents")
    status, text = desk.move(plan, "active")
    ok(status == "agreed" and "does not cover every part" in text, "consent must cover every part", text)
    wide = consent(desk, person, about="plan", components=["income_generation", "medical_health"],
                   about_child="no", giver="self")
    desk.move(wide, "given")
    ok(desk.move(plan, "active")[0] == "active", "then it is in force")
    test_dates(desk, case)


def ended(page, message):
    """Whether the task has ended by itself, on the page of its case."""
    return "no longer so" in page.split(message, 1)[-1].split("</li>")[0]


def test_dates(desk, case):
    late = "The mid-year report is overdue."
    page = desk.worker.open("/records/case/" + case["id"])[2]
    ok("Write the mid-year report" in page and late in page and not ended(page, late),
       "six months after the plan the report is due", page)
    ok("ends within a month" in page and "Write the final report." not in page, "the end is near")
    home = desk.supervisor.open("/")[2].split("<main")[-1]
    ok(">Overdue<" in home and ">Alerts<" in home, "the start page tells what is overdue, and alerts", home)
    report = desk.new("monitoring_report", case["id"], report_kind="mid_year", report_date=ago(0))
    page = desk.worker.open("/records/case/" + case["id"])[2]
    ok(not ended(page, late), "a draft does not answer it")
    desk.change(report, plan_progress="Half of it", plan_state="on_track")
    ok(desk.move(report, "final")[0] == "final", "the report is finished", report)
    page = desk.worker.open("/records/case/" + case["id"])[2]
    ok(ended(page, late), "a finished report answers it", page)
    call = desk.new("contact", case["id"], contact_on=ago(0), contact_mode="phone",
                    contact_result="reached", wishes_to_stop="yes")
    page = desk.worker.open("/records/case/" + case["id"])[2]
    stop = "The person wishes to stop or to leave again."
    ok(stop in page and not ended(page, stop), "a wish to stop becomes a task", call)


def test_child(desk):
    child = desk.new("person", None, names=[{"name_text": "Plantest Kind"}], sex="male",
                     birth_date=f"{TODAY.year - 10}-01-01", birth_precision="day")
    desk.new("case", child["id"], opened=ago(5), vulnerable="yes",
             vulnerability_flags=[{"vulnerability_flag": "separated_child"}])
    alone = consent(desk, child, about="registration", about_child="yes", giver="self",
                    child_own_consent="given")
    ok(alone.get("refused") == ["giver"], "a child alone cannot consent", alone)
    for who, own, said in (("guardian", "refused", "the child has not refused"),
                           ("parent", "given", "needs a guardian")):
        paper = consent(desk, child, about="registration", about_child="yes", giver=who,
                        giver_name="Name", child_own_consent=own)
        status, text = desk.move(paper, "given")
        ok(status == "draft" and said in text, f"{who}, child's own consent {own}: not complete", text)
    hidden = consent(desk, child, about="registration", about_child="no", giver="self")
    ok(desk.move(hidden, "given")[0] == "draft", "the date of birth decides, not what was ticked")
    good = consent(desk, child, about="registration", about_child="yes", giver="guardian",
                   giver_name="Name", child_own_consent="given")
    ok(desk.move(good, "given")[0] == "given", "guardian and child: complete")


def main():
    folder = scratch()
    database = demo(folder, people=12)
    desk = Desk(Server(database), database)
    test_plan(desk)
    test_child(desk)
    finish()


main()
