"""What the hospital's EPD writes of findings: observations, what was measured, disorders. FHIR R4, nl-core."""

from __future__ import annotations

from adapter.model.facts import ActKind
from adapter.model.moments import Moment, day_of
from adapter.simulation.codes import coding, concept
from adapter.simulation.course import Course
from adapter.simulation.organisations import ZH
from adapter.simulation.plan import REFERENCE_DAY
from adapter.simulation.readings import Written, first_bloods, written
from adapter.simulation.story import Dossier, Story, Visit
from adapter.simulation.writing import HL7, NICTIZ, JsonObject, Sheet, ref, when

CORE = f"{NICTIZ}nl-core-"


class R4Pen:
    """One woman's pregnancy in the hospital's EPD: what its parts have in common."""

    def __init__(self, sheet: Sheet, story: Story, patient: str) -> None:
        self.sheet = sheet
        self.story = story
        self.patient = ref(patient)
        self.contact: str | None = None  # the encounter in which what follows was written down
        self.birth_contact: str | None = None
        self.course = Course(story.plan)
        self.fetuses: dict[int, str] = {}

    def quirk(self, name: str) -> bool:
        """Whether this pregnancy is written with that quirk here."""
        return self.story.plan.quirk(name, ZH)

    def observation(self, code: str | JsonObject, at: Moment | None = None, *, profile: str = "LaboratoryTestResult",
                     **value: object) -> str:  # fmt: skip
        """An Observation, in the contact at hand."""
        return self.sheet.add("Observation", f"{CORE}{profile}", {
            "status": "final",
            "code": concept(code) if isinstance(code, str) else code,
            "subject": self.patient,
            "encounter": ref(self.contact) if self.contact else None,
            "effectiveDateTime": when(at) if at is not None else None,
            **value,
        })  # fmt: skip

    def measure(self, visit: Visit, dossier: Dossier) -> None:
        """What was measured; this vendor says `cm` where others say `mm`, and groups nothing."""
        if not self.story.plan.measured:
            return
        found = [*written(self.course.at(visit))]
        if visit.kind is ActKind.INTAKE or (dossier.visits and visit is dossier.visits[0]):
            found += first_bloods(self.course, visit.at)
        for one in found:
            self.write_down(one)

    def write_down(self, one: Written, subject: str | None = None) -> None:
        """One Observation; of twins each fetus is a BodyStructure that it is about."""
        body = dict(one.body)
        if (quantity := body.get("valueQuantity")) and quantity.get("code") == "mm":
            body["valueQuantity"] = {**quantity, "value": quantity["value"] / 10, "unit": "cm", "code": "cm"}
        if "interpretation" in body:
            body["interpretation"] = [body["interpretation"]]
        if one.fetus is not None:
            body["focus"] = [ref(self._fetus(one.fetus))]
        if subject is not None:
            body["subject"] = ref(subject)
        self.observation(one.code, one.at, profile=one.profile.rsplit("/", 1)[1].removeprefix("zib-"), **body)

    def _fetus(self, number: int) -> str:
        if number not in self.fetuses:
            self.fetuses[number] = self.sheet.add("BodyStructure", f"{HL7}BodyStructure", {
                "location": concept("83418008"),
                "description": f"Foetus {'AB'[number % 2]}",
                "patient": self.patient,
            })  # fmt: skip
        return self.fetuses[number]

    def condition(self, code: str, on: Moment) -> None:
        """A disorder of this pregnancy: nl-core-Problem."""
        status = coding("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")
        self.sheet.add("Condition", f"{CORE}Problem", {
            "clinicalStatus": {"coding": [status]},
            "category": [concept("173300003")],
            "code": concept(code),
            "subject": self.patient,
            "encounter": ref(self.contact) if self.contact else None,
            "onsetDateTime": when(on),
        })  # fmt: skip

    def disorders(self, dossier: Dossier) -> None:
        """The disorders that were there or came up while this dossier was open."""
        last = min(day_of(self.story.ending.at) if self.story.ending else REFERENCE_DAY, dossier.end or REFERENCE_DAY)
        for disorder in self.course.disorders if self.story.plan.measured else ():
            if disorder.since <= last:
                self.condition(disorder.code, max(disorder.since, dossier.start))
