"""The tables of custom fields."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupware.database import Base


class FieldKind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    PERSON = "person"
    LINK = "link"

    @property
    def chooses(self) -> bool:
        """It takes what its own list of choices holds."""
        return self in (FieldKind.CHOICE, FieldKind.CHOICES)

    @property
    def decides(self) -> bool:
        """Another field can depend on what is chosen here."""
        return self.chooses or self is FieldKind.YES_NO

    @property
    def counts(self) -> bool:
        """Its values have an order, and are found by more and less."""
        return self in (FieldKind.NUMBER, FieldKind.DATE, FieldKind.TIME)


class CustomField(Base):
    """A field of a list's tickets; its slug is its name for programs and never changes."""

    __tablename__ = "custom_fields"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_list_id: Mapped[int] = mapped_column(ForeignKey("task_lists.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[FieldKind] = mapped_column(String(12))
    help: Mapped[str] = mapped_column(String(500), default="")
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    default: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    required: Mapped[bool] = mapped_column(default=False)
    public: Mapped[bool] = mapped_column(default=True)  # customers see it, and fill it in
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    archived: Mapped[bool] = mapped_column(default=False)
    # Shown only where that field has this value.
    depends_on_id: Mapped[int | None] = mapped_column(
        ForeignKey("custom_fields.id", ondelete="SET NULL")
    )
    depends_value: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        UniqueConstraint("task_list_id", "slug", name="uq_custom_fields_slug"),
        Index("ix_custom_fields_list", "task_list_id", "position"),
    )

    @property
    def sort(self) -> FieldKind:
        """Its kind, as one of the kinds."""
        return FieldKind(self.kind)


class FieldValue(Base):
    """A key by which a ticket's value is found: a folded word, or a number; choices have several."""

    __tablename__ = "field_values"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    field_id: Mapped[int] = mapped_column(
        ForeignKey("custom_fields.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=0)
    word: Mapped[str | None] = mapped_column(String(200))
    number: Mapped[float | None] = mapped_column(Float)

    __table_args__ = (
        Index("ix_field_values_word", "field_id", "word", "task_id"),
        Index("ix_field_values_number", "field_id", "number", "task_id"),
    )
