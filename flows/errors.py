"""What a flow refuses, with codes that stay the same."""

from __future__ import annotations

from engine.errors import Conflict, EngineError, Forbidden, NotFound


class FlowNotStartable(Conflict):
    """No flow of this form can be started on the record as it is now."""

    code = "flow_not_startable"
    zh = "该记录当前状态下没有可发起的流程。"
    fix_zh = "请检查记录的状态，或指定其他流程。"
    fix_en = "Check the state of the record, or name another flow."


class FlowAlreadyRunning(Conflict):
    """The record is already in a flow."""

    code = "flow_already_running"
    zh = "该记录已在流程中。"
    fix_zh = "请等待流程结束，或先撤回。"
    fix_en = "Wait until the flow ends, or withdraw it first."


class NotTheOwner(Forbidden):
    """Only the owner of the record may submit it."""

    code = "not_owner"
    zh = "只有记录的负责人可以提交。"


class TaskNotFound(NotFound):
    """There is no such task among yours."""

    code = "task_not_found"
    zh = "您没有这项任务。"


class InstanceNotFound(NotFound):
    """There is no such flow instance, or you have no part in it."""

    code = "instance_not_found"
    zh = "没有该流程实例，或与您无关。"


class AlreadyHandled(Conflict):
    """Somebody else has handled this task."""

    code = "already_handled"
    zh = "该任务已被他人处理。"
    fix_zh = "请刷新待办列表。"
    fix_en = "Reload your inbox."


class AlreadyDecided(Conflict):
    """A decision has been made, so the submission cannot be withdrawn any more."""

    code = "already_decided"
    zh = "已有人作出审批决定，不能再撤回。"
    fix_zh = "请联系当前审批人驳回或退回。"
    fix_en = "Ask the present approver to reject or return it."


class NotYourTurn(Conflict):
    """Others decide before you in this step."""

    code = "not_your_turn"
    zh = "按顺序审批，尚未轮到您。"
    fix_zh = "请等待前面的审批人处理。"
    fix_en = "Wait for the approvers before you."


class InstanceClosed(Conflict):
    """The flow is not running any more."""

    code = "instance_closed"
    zh = "该流程已结束。"


class TaskVacant(Conflict):
    """Nobody is assigned to this task yet; an administrator has to assign it first."""

    code = "task_vacant"
    zh = "该任务尚无处理人，须由管理员先指派。"
    fix_zh = "请用“转交”指派处理人。"
    fix_en = "Assign somebody with :transfer."


class BadReturnTarget(Conflict):
    """The task cannot be returned to that node."""

    code = "bad_return_target"
    zh = "不能退回到该节点。"
    fix_zh = "请选择已经过的审批节点，或退回发起人。"
    fix_en = "Choose an approval that was passed on the way, or return to the submitter."


class NoBranch(Conflict):
    """No branch of the flow fits the record."""

    code = "flow_no_branch"
    zh = "记录不符合流程的任何分支。"
    fix_zh = "请为该分支节点设置默认出口。"
    fix_en = "Give the branch node a default edge."


class EventNotExpected(EngineError):
    """The flow does not wait for this."""

    code = "event_not_expected"
    zh = "流程此时不接受该操作。"


class EndlessLoop(EngineError):
    """The flow goes round without ever waiting for a person."""

    code = "endless_loop"
    zh = "流程在自动节点间无限循环。"
