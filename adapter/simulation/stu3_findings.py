"""What the STU3 EPDs write of findings: what was measured, fetuses, allergies. Nictiz Geboortezorg."""

from __future__ import annotations

from adapter.model.moments import Moment
from adapter.simulation.codes import concept
from adapter.simulation.course import Course
from adapter.simulation.readings import Written, written
from adapter.simulation.story import Dossier, Story, Visit
from adapter.simulation.stu3 import Stu3Pen, performer_ref
from adapter.simulation.writing import NICTIZ, Sheet, ref, when


class Stu3FindingsPen(Stu3Pen):
    """A pen that also writes how woman and child fare."""

    def __init__(self, sheet: Sheet, story: Story, patient: str) -> None:
        super().__init__(sheet, story, patient)
        self.course = Course(story.plan)
        self._fetuses: dict[int, str] = {}

    def measure(self, visit: Visit, dossier: Dossier, context: str) -> None:
        """What was measured at a visit of this dossier."""
        if self.story.plan.measured:
            by = None if visit.by == dossier.by else visit.by
            for one in written(self.course.at(visit)):
                self.write_down(one, context, by)

    def write_down(self, one: Written, context: str, by: str | None = None, subject: str | None = None) -> None:
        """One Observation; of twins each fetus is a BodySite that it is about."""
        focus = self._fetus(one.fetus) if one.fetus is not None else None
        performer = {"performer": [performer_ref(by)]} if by else {}
        self.observation(one.code, context, focus=focus, profile=one.profile, at=one.at, subject=subject,
                         **one.body, **performer)  # fmt: skip

    def _fetus(self, number: int) -> str:
        if number not in self._fetuses:
            self._fetuses[number] = self.sheet.add("BodySite", f"{NICTIZ}bc-Fetus", {
                "code": concept("83418008"),
                "description": f"Foetus {'AB'[number % 2]}",
                "patient": ref(self.patient, self.display),
            })  # fmt: skip
        return self._fetuses[number]

    def allergy(self, on: Moment) -> None:
        """An allergy, in words: zib-AllergyIntolerance."""
        if self.course.allergy is not None and self.story.plan.measured:
            self.sheet.add("AllergyIntolerance", f"{NICTIZ}zib-AllergyIntolerance", {
                "clinicalStatus": "active",
                "verificationStatus": "confirmed",
                "code": {"text": self.course.allergy},
                "patient": ref(self.patient, self.display),
                "onsetDateTime": when(on)[:4],
            })  # fmt: skip
