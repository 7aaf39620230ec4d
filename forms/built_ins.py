"""The extensions of this package."""

from __future__ import annotations

from typing import Any

from forms.actions.create_record import CreateRecord
from forms.actions.set_fields import SetFields
from forms.attachments import FileLinks
from forms.backfill import Backfill
from forms.backfill_keys import BackfillKeys
from forms.cases.create import Create
from forms.cases.delete import Delete
from forms.cases.expect import Expect
from forms.cases.expect_count import ExpectCount
from forms.cases.find import Find
from forms.cases.set_values import SetValues
from forms.cases.update import Update
from forms.evolution.purge import ExpireParked, PurgeParked
from forms.exports.job import ExportJob
from forms.field_types.address import Address
from forms.field_types.amount_in_words import AmountInWords
from forms.field_types.auto import Auto
from forms.field_types.backlink import Backlink
from forms.field_types.barcode import Barcode
from forms.field_types.bool import Bool
from forms.field_types.button import Button
from forms.field_types.cascade import Cascade
from forms.field_types.checklist import Checklist
from forms.field_types.code import Code
from forms.field_types.color import Color
from forms.field_types.columns import Columns
from forms.field_types.copy import Copy
from forms.field_types.count import Count
from forms.field_types.date import Date
from forms.field_types.date_range import DateRange
from forms.field_types.datetime import Datetime
from forms.field_types.decimal import Decimal
from forms.field_types.dept import Dept
from forms.field_types.depts import Depts
from forms.field_types.divider import Divider
from forms.field_types.duration import Duration
from forms.field_types.dynamic_ref import DynamicRef
from forms.field_types.email import Email
from forms.field_types.file import File
from forms.field_types.files import Files
from forms.field_types.formula import Formula
from forms.field_types.geo import Geo
from forms.field_types.idno import Idno
from forms.field_types.image import Image
from forms.field_types.images import Images
from forms.field_types.int import Int
from forms.field_types.json import Json
from forms.field_types.lookup import Lookup
from forms.field_types.markdown import Markdown
from forms.field_types.matrix import Matrix
from forms.field_types.money import Money
from forms.field_types.month import Month
from forms.field_types.multiselect import Multiselect
from forms.field_types.note import Note
from forms.field_types.number_range import NumberRange
from forms.field_types.percent import Percent
from forms.field_types.phone import Phone
from forms.field_types.quarter import Quarter
from forms.field_types.radio import Radio
from forms.field_types.ranking import Ranking
from forms.field_types.rating import Rating
from forms.field_types.ref import Ref
from forms.field_types.refs import Refs
from forms.field_types.region import Region
from forms.field_types.richtext import Richtext
from forms.field_types.role import Role
from forms.field_types.rollup import Rollup
from forms.field_types.secret import Secret
from forms.field_types.section import Section
from forms.field_types.select import Select
from forms.field_types.signature import Signature
from forms.field_types.slider import Slider
from forms.field_types.subtable import Subtable
from forms.field_types.tab import Tab
from forms.field_types.tags import Tags
from forms.field_types.text import Text
from forms.field_types.textarea import Textarea
from forms.field_types.time import Time
from forms.field_types.tree_parent import TreeParent
from forms.field_types.url import Url
from forms.field_types.uscc import Uscc
from forms.field_types.user import User
from forms.field_types.users import Users
from forms.field_types.year import Year
from forms.functions.under import Under
from forms.handover.records import Records
from forms.handover.shares import Shares
from forms.imports.job import ImportJob
from forms.kind import FormKind, OptionSetKind
from forms.printing.kind import PrintTemplateKind
from forms.recycle.purge import PurgeRecycled
from forms.reference_data.kind import DataKind
from forms.reseal import Reseal
from forms.search.backfill import SearchBackfill
from forms.search.listener import SearchListener
from forms.tell_overlaps import TellOverlaps
from forms.transfers.tidy import TidyTransfer
from forms.views.kind import ViewKind

BUILT_INS: tuple[type[Any], ...] = (
    OptionSetKind,
    FormKind,
    PrintTemplateKind,
    ViewKind,
    DataKind,
    Create,
    Update,
    SetValues,
    Delete,
    Find,
    Expect,
    ExpectCount,
    Text,
    Textarea,
    Richtext,
    Markdown,
    Code,
    Json,
    Url,
    Barcode,
    Color,
    Uscc,
    Idno,
    Secret,
    Int,
    Decimal,
    Money,
    Percent,
    Rating,
    Slider,
    Duration,
    NumberRange,
    Date,
    Datetime,
    Time,
    Month,
    Quarter,
    Year,
    DateRange,
    Bool,
    Select,
    Radio,
    Multiselect,
    Checklist,
    Tags,
    Cascade,
    Ranking,
    Matrix,
    Region,
    Address,
    Geo,
    Email,
    Phone,
    User,
    Users,
    Dept,
    Depts,
    Role,
    Ref,
    Refs,
    DynamicRef,
    TreeParent,
    Subtable,
    File,
    Files,
    Image,
    Images,
    Signature,
    Auto,
    Formula,
    AmountInWords,
    Lookup,
    Copy,
    Rollup,
    Count,
    Section,
    Tab,
    Columns,
    Divider,
    Note,
    Button,
    Backlink,
    Under,
    SetFields,
    CreateRecord,
    Backfill,
    SearchListener,
    SearchBackfill,
    PurgeParked,
    ExpireParked,
    ImportJob,
    ExportJob,
    TidyTransfer,
    FileLinks,
    BackfillKeys,
    TellOverlaps,
    PurgeRecycled,
    Reseal,
    Records,
    Shares,
)
