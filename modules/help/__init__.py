from groupware.module import Module

module = Module(name="help")
