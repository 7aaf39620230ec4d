"""The passwords that guesses begin with, of eight characters or more, in lower case."""

from __future__ import annotations

_WORDS = """
    password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa$$word
    password! 12345678 123456789 1234567890 12345678910 0123456789 987654321 87654321 11223344
    12341234 123123123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc zaq12wsx qazwsxedc qwertyui
    qwertyuiop qwerty123 qwerty1234 asdfghjk asdfghjkl zxcvbnm123 abcd1234 abc12345 abc123456
    a1234567 a12345678 a123456789 aa123456 aa12345678 iloveyou iloveyou1 woaini520 woaini1314
    5201314520 sunshine princess football baseball superman trustno1 whatever starwars computer
    internet dragon123 monkey123 letmein1 letmein123 welcome1 welcome123 admin123 admin1234
    admin888 administrator root1234 changeme changeme1 default1 qwer1234 asdf1234 test1234 testtest
    guest123 secret123 mypassword michelle jennifer jonathan charlie1 samsung1 liverpool 88888888
    00000000 11111111 66666666 99999999 12344321 13145200 147258369 159357258 1357924680 fourfold
    fourfold1 fourfold123 company123 huawei@123 admin@123 p@ssw0rd1 qwe123456 qaz123456 wang1234
    zhang123 123456aa 123456abc 123qweasd 1234qwer 123456789a 1234567a xiaoming woaizhongguo
    zhongguo
"""
COMMON = frozenset(_WORDS.split())
