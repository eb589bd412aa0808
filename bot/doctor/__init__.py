"""Whether everything is set up as it should be: looked at, told in plain words, and never changed."""

from bot.doctor.kit import DoctorKit
from bot.doctor.rounds import PARTS, Part, examined
from bot.doctor.signs import Sign

__all__ = ["PARTS", "DoctorKit", "Part", "Sign", "examined"]
