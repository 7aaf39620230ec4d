"""What every built-in kind is, in Chinese: family -> type -> one line. A plugin may be missing here."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "definition": {
        "calendar": "工作日历：哪些日子、哪些时段上班。",
        "option_set": "选项集：几个字段共用的一组选项。",
        "form": "表单：一条记录有哪些字段，必须满足什么。",
        "scope": "范围：行级权限中可引用的一组记录。",
        "role": "角色：能对哪些表单的哪些记录做什么。",
        "flow": "流程：记录如何在人之间流转。",
        "rule": "规则：什么会自动发生。",
        "report": "报表：所有记录合起来表达什么。",
    },
    "field_type": {
        "text": "单行文本。",
        "textarea": "多行文本。",
        "int": "整数。",
        "decimal": "小数位数固定的精确数。",
        "money": "金额，精确到分。",
        "percent": "百分数，8 表示 8 %，四位小数。",
        "date": "日期，不随时区变化。",
        "datetime": "时刻，以 UTC 保存；不带时区的按应用时区理解。",
        "bool": "是、否或未填。",
        "select": "单选，保存选项的键。",
        "multiselect": "多选，保存选项键的列表。",
        "email": "邮箱地址，只检查格式。",
        "phone": "电话号码，以 E.164 保存（+8613812345678）。",
        "user": "人员。",
        "dept": "部门。",
        "ref": "引用另一张表单的一条记录。",
        "subtable": "子表：记录内的行。",
        "auto": "自动编号，例如 QT-{yyyyMM}-{0000}；不会重复，可能有空号。",
        "formula": "由其他字段计算。",
        "lookup": "所引用记录的字段，实时读取。",
        "copy": "所引用记录的字段，设置引用时复制，此后不变。",
        "rollup": "对引用本记录的其他表单记录做汇总。",
    },
    "flow_node": {
        "start": "开始：谁在什么条件下可以提交。",
        "approval": "审批：由人决定，记录等待。",
        "exclusive": "条件分支：走第一条成立的边，否则走默认边。",
        "parallel": "并行：所有出边同时进行。",
        "join": "汇合：等所有分支到齐。",
        "action": "动作：与前一个决定在同一事务中自动执行。",
        "end": "结束，并给出结果。",
    },
    "trigger": {
        "created": "新建了记录。",
        "updated": "记录或其中某些字段被修改。",
        "deleted": "记录被删除；条件与动作看到的是删除前的样子。",
        "date_reached": "到了记录中的某个日期或时刻，每个值触发一次。",
        "silent": "一段时间内没有动静，每次沉默触发一次。",
    },
    "action": {
        "set_fields": "给本记录或它引用的记录的字段赋值。",
        "create_record": "新建一条记录，或为子表的每一行新建一条。",
        "notify": "通知人员：站内消息和邮件。",
        "webhook": "调用其他系统，由可重试的任务完成。",
        "forbid": "拒绝保存并说明原因；只用于保存前的规则。",
        "wait": "等一段时间或到某个时刻再继续；只用于保存后的规则。",
    },
    "measure": {
        "sum": "数字与金额之和；没有行时为 0。",
        "count": "行数，或有值的行数。",
        "avg": "数字与金额的平均值，六位小数。",
        "distinct": "不同值的个数。",
        "min": "最小值。",
        "max": "最大值。",
    },
}


def zh(family: str, kind: str) -> str:
    """The Chinese line of a kind, or nothing."""
    return WORDS.get(family, {}).get(kind, "")
