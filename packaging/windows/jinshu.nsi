; The installer of Jinshu for Windows 10 and later, x64. Compiled by makensis with
;   -DVERSION=0.4.0 -DTREE=folder -DOUTPUT=file [-DICON=file.ico]
; Silent, for roll-out in a domain: jinshu_0.4.0_win64.exe /S [/AllUsers | /CurrentUser] [/D=C:\folder]
Unicode true
ManifestDPIAware true
ManifestLongPathAware true
!define NAME "锦书"
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\cn.jinshu.client"
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_INSTDIR "Jinshu"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_USE_PROGRAMFILES64
!include MultiUser.nsh
!include MUI2.nsh
!include x64.nsh
!include WinVer.nsh
!include FileFunc.nsh

Name "${NAME}"
OutFile "${OUTPUT}"
SetCompressor /SOLID lzma
BrandingText "锦书 Jinshu ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=2052 "ProductName" "锦书"
VIAddVersionKey /LANG=2052 "FileDescription" "锦书安装程序"
VIAddVersionKey /LANG=2052 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=2052 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=2052 "LegalCopyright" "Jinshu"
!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\pythonw.exe"
!define MUI_FINISHPAGE_RUN_PARAMETERS "-m client"
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "English"
LangString OldWindows ${LANG_SIMPCHINESE} "锦书需要 64 位的 Windows 10 或更新的系统。"
LangString OldWindows ${LANG_ENGLISH} "Jinshu needs Windows 10 or later, 64 bit."
LangString Running ${LANG_SIMPCHINESE} "锦书正在运行。请先退出（托盘图标 → 退出），再继续。"
LangString Running ${LANG_ENGLISH} "Jinshu is running. Quit it first (tray icon, Quit), then go on."
LangString Kept ${LANG_SIMPCHINESE} "已卸载。您的公文与消息仍保留在 %LOCALAPPDATA%\jinshu。"
LangString Kept ${LANG_ENGLISH} "Removed. Your documents and messages stay in %LOCALAPPDATA%\jinshu."
LangString VerifyVerb ${LANG_SIMPCHINESE} "用锦书验证"
LangString VerifyVerb ${LANG_ENGLISH} "Verify with Jinshu"

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(OldWindows)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  SetRegView 64
  !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
FunctionEnd

; A library that a running program has loaded cannot be opened for writing.
!macro RefuseWhileRunning
  ${If} ${FileExists} "$INSTDIR\python311.dll"
    ClearErrors
    FileOpen $0 "$INSTDIR\python311.dll" a
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(Running)" /SD IDOK
      SetErrorLevel 3
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

Section
  !insertmacro RefuseWhileRunning
  ; What an earlier version left behind would be imported by this one.
  RMDir /r "$INSTDIR\Lib"
  SetOutPath "$INSTDIR"
  File /r "${TREE}\*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateDirectory "$SMPROGRAMS\锦书"
  CreateShortCut "$SMPROGRAMS\锦书\锦书.lnk" "$INSTDIR\pythonw.exe" "-m client" "$INSTDIR\jinshu.ico"
  CreateShortCut "$SMPROGRAMS\锦书\卸载锦书.lnk" "$INSTDIR\uninstall.exe"
  WriteRegStr SHCTX "Software\Classes\jinshu" "" "URL:锦书"
  WriteRegStr SHCTX "Software\Classes\jinshu" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\jinshu\DefaultIcon" "" "$INSTDIR\jinshu.ico"
  WriteRegStr SHCTX "Software\Classes\jinshu\shell\open\command" "" '"$INSTDIR\pythonw.exe" -m client "%1"'
  WriteRegStr SHCTX "Software\Classes\.jinshu" "" "cn.jinshu.invitation"
  WriteRegStr SHCTX "Software\Classes\cn.jinshu.invitation" "" "锦书邀请"
  WriteRegStr SHCTX "Software\Classes\cn.jinshu.invitation\DefaultIcon" "" "$INSTDIR\jinshu.ico"
  WriteRegStr SHCTX "Software\Classes\cn.jinshu.invitation\shell\open\command" "" '"$INSTDIR\pythonw.exe" -m client "%1"'
  WriteRegStr SHCTX "Software\Classes\SystemFileAssociations\.pdf\shell\cn.jinshu.verify" "" "$(VerifyVerb)"
  WriteRegStr SHCTX "Software\Classes\SystemFileAssociations\.pdf\shell\cn.jinshu.verify" "Icon" "$INSTDIR\jinshu.ico"
  WriteRegStr SHCTX "Software\Classes\SystemFileAssociations\.pdf\shell\cn.jinshu.verify\command" "" '"$INSTDIR\pythonw.exe" -m client --verify "%1"'
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegStr SHCTX "${KEY}" "DisplayName" "锦书"
  WriteRegStr SHCTX "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${KEY}" "DisplayIcon" "$INSTDIR\jinshu.ico"
  WriteRegStr SHCTX "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${KEY}" "EstimatedSize" $0
  WriteRegDWORD SHCTX "${KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${KEY}" "NoRepair" 1
SectionEnd

Section Uninstall
  !insertmacro RefuseWhileRunning
  ; The folder's own names, never the folder by itself: a user may have chosen one that holds other things.
  RMDir /r "$INSTDIR\Lib"
  Delete "$INSTDIR\*.dll"
  Delete "$INSTDIR\*.pyd"
  Delete "$INSTDIR\python*.exe"
  Delete "$INSTDIR\python311.*"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\jinshu.ico"
  Delete "$INSTDIR\jinshu-verify.cmd"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  RMDir /r "$SMPROGRAMS\锦书"
  DeleteRegKey SHCTX "Software\Classes\jinshu"
  DeleteRegKey SHCTX "Software\Classes\.jinshu"
  DeleteRegKey SHCTX "Software\Classes\cn.jinshu.invitation"
  DeleteRegKey SHCTX "Software\Classes\SystemFileAssociations\.pdf\shell\cn.jinshu.verify"
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Jinshu"
  DeleteRegKey SHCTX "${KEY}"
  MessageBox MB_OK|MB_ICONINFORMATION "$(Kept)" /SD IDOK
SectionEnd
